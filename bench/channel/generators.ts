/**
 * The floor: generators that wait at a slot, resumed by the smallest loop that can. No cancel, no close, no errors, no
 * fairness, and the waiting is written out in every body.
 */
import type { Runner } from "../harness.js";
import { bytesEach, CAPACITY, FAN, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

class Fiber {
  readonly body: Iterator<void>;
  after: Fiber | null = null;

  constructor(body: Iterator<void>) {
    this.body = body;
  }
}

class Line {
  first: Fiber | null = null;
  #last: Fiber | null = null;

  push(fiber: Fiber): void {
    if (this.#last === null) this.first = fiber;
    else this.#last.after = fiber;
    this.#last = fiber;
  }

  shift(): Fiber | null {
    const fiber = this.first;
    if (fiber === null) return null;
    this.first = fiber.after;
    if (this.first === null) this.#last = null;
    fiber.after = null;
    return fiber;
  }
}

class Slots {
  readonly givers = new Line();
  readonly takers = new Line();
  readonly #values: number[];
  #head = 0;
  #size = 0;

  constructor(capacity = 1) {
    this.#values = new Array(capacity).fill(0);
  }

  get full(): boolean {
    return this.#size === this.#values.length;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  put(value: number): void {
    this.#values[(this.#head + this.#size++) % this.#values.length] = value;
    const taker = this.takers.shift();
    if (taker !== null) ready.push(taker);
  }

  get(): number {
    const value = this.#values[this.#head] as number;
    this.#head = (this.#head + 1) % this.#values.length;
    this.#size--;
    const giver = this.givers.shift();
    if (giver !== null) ready.push(giver);
    return value;
  }
}

const ready = new Line();
let current = new Fiber([].values());

function go(body: Iterator<void>): void {
  ready.push(new Fiber(body));
}

function run(): void {
  for (let fiber = ready.shift(); fiber !== null; fiber = ready.shift()) {
    current = fiber;
    fiber.body.next();
  }
}

// Runs the bodies that were started and adds up what comes out of the slots.
function total(slots: Slots, values: number): number {
  let sum = 0;
  go(
    (function* () {
      for (let i = 0; i < values; i++) {
        while (slots.empty) {
          slots.takers.push(current);
          yield;
        }
        sum += slots.get();
      }
    })(),
  );
  run();
  return sum;
}

function* giving(slots: Slots, from: number, to: number): Iterator<void> {
  for (let i = from; i < to; i++) {
    while (slots.full) {
      slots.givers.push(current);
      yield;
    }
    slots.put(i);
  }
}

function* adding(from: Slots, to: Slots, values: number): Iterator<void> {
  for (let i = 0; i < values; i++) {
    while (from.empty) {
      from.takers.push(current);
      yield;
    }
    const value = from.get();
    while (to.full) {
      to.givers.push(current);
      yield;
    }
    to.put(value + 1);
  }
}

export const programs: Programs = {
  rendezvous: handOver(1),
  buffer: handOver(CAPACITY),

  pingPong(ops) {
    const [there, back] = [new Slots(), new Slots()];
    go(adding(there, back, ops));
    let ball = 0;
    go(
      (function* () {
        for (let i = 0; i < ops; i++) {
          there.put(ball);
          while (back.empty) {
            back.takers.push(current);
            yield;
          }
          ball = back.get();
        }
      })(),
    );
    run();
    return ball;
  },

  pipeline(ops) {
    const values = ops / STAGES;
    const first = new Slots();
    let last = first;
    for (let i = 0; i < STAGES; i++) {
      const to = new Slots();
      go(adding(last, to, values));
      last = to;
    }
    go(
      (function* () {
        for (let i = 0; i < values; i++) {
          while (first.full) {
            first.givers.push(current);
            yield;
          }
          first.put(0);
        }
      })(),
    );
    return total(last, values);
  },

  fanIn(ops) {
    const each = ops / GIVERS;
    const slots = new Slots();
    for (let giver = 0; giver < GIVERS; giver++) go(giving(slots, giver * each, (giver + 1) * each));
    return total(slots, ops);
  },

  skynet(ops) {
    const up = new Slots();
    go(skynet(up, 0, ops));
    return total(up, 1);
  },

  parked(ops) {
    return bytesEach(ops, () => {
      const all: Slots[] = [];
      for (let i = 0; i < ops; i += PARKED_EACH) {
        const slots = new Slots();
        all.push(slots);
        const parked = function* () {
          slots.takers.push(current);
          yield;
        };
        for (let n = 0; n < PARKED_EACH; n++) go(parked());
      }
      run();
      return all;
    });
  },
};

function handOver(capacity: number): Runner {
  return (ops) => {
    const slots = new Slots(capacity);
    go(giving(slots, 0, ops));
    return total(slots, ops);
  };
}

function* skynet(up: Slots, number: number, leaves: number): Iterator<void> {
  let sum = number;
  if (leaves > 1) {
    sum = 0;
    const from = new Slots();
    for (let i = 0; i < FAN; i++) go(skynet(from, number + (i * leaves) / FAN, leaves / FAN));
    for (let i = 0; i < FAN; i++) {
      while (from.empty) {
        from.takers.push(current);
        yield;
      }
      sum += from.get();
    }
  }
  while (up.full) {
    up.givers.push(current);
    yield;
  }
  up.put(sum);
}
