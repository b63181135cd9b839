/**
 * `js-csp`: go blocks that yield instructions. A block can be ended only by closing its channels, so that there is
 * nothing to compare a cancel with.
 */
import csp, { type Chan } from "js-csp";
import type { Runner } from "../harness.js";
import { bytesEach, CAPACITY, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Chan<number>;
type Block<T> = Generator<unknown, T, never>;

export const programs: Programs = {
  rendezvous: handOver(),
  buffer: handOver(CAPACITY),

  pingPong(ops) {
    const [there, back] = [csp.chan<number>(), csp.chan<number>()];
    csp.go(function* pong() {
      for (;;) {
        const ball: number | null = yield csp.take(there);
        if (ball === null) return;
        yield csp.put(back, ball + 1);
      }
    });
    return outcome(function* ping() {
      let ball = 0;
      for (let i = 0; i < ops; i++) {
        yield csp.put(there, ball);
        ball = yield csp.take(back);
      }
      there.close();
      return ball;
    });
  },

  pipeline(ops) {
    const values = ops / STAGES;
    const first = csp.chan<number>();
    let last = first;
    for (let i = 0; i < STAGES; i++) {
      const [from, to] = [last, csp.chan<number>()];
      csp.go(function* stage() {
        for (let n = 0; n < values; n++) {
          const value: number = yield csp.take(from);
          yield csp.put(to, value + 1);
        }
      });
      last = to;
    }
    csp.go(function* giving() {
      for (let i = 0; i < values; i++) yield csp.put(first, 0);
    });
    return outcome(() => total(last, values));
  },

  select(ops) {
    const [one, other] = [csp.chan<number>(1), csp.chan<number>(1)];
    csp.offer(one, 0);
    csp.offer(other, 0);
    return outcome(function* () {
      for (let i = 0; i < ops; i++) {
        const hit: { channel: Numbers; value: number } = yield csp.alts([one, other]);
        yield csp.put(hit.channel, hit.value + 1);
      }
      return csp.poll(one) + csp.poll(other);
    });
  },

  fanIn(ops) {
    const each = ops / GIVERS;
    const pipe = csp.chan<number>();
    for (let giver = 0; giver < GIVERS; giver++) {
      csp.go(function* giving() {
        for (let i = 0; i < each; i++) yield csp.put(pipe, giver * each + i);
      });
    }
    return outcome(() => total(pipe, ops));
  },

  sieve(ops) {
    const all = [csp.chan<number>()];
    return outcome(function* () {
      let from = all[0] as Numbers;
      csp.go(counting, [from]);
      let prime = 0;
      for (let i = 0; i < ops; i++) {
        prime = yield csp.take(from);
        const to = csp.chan<number>();
        csp.go(filter, [from, to, prime]);
        all.push(to);
        from = to;
      }
      for (const each of all) each.close();
      return prime;
    });
  },

  skynet(ops) {
    const up = csp.chan<number>();
    csp.go(skynet, [up, 0, ops]);
    return outcome(() => total(up, 1));
  },

  parked(ops) {
    return bytesEach(ops, () => {
      const channels: Numbers[] = [];
      for (let i = 0; i < ops; i += PARKED_EACH) {
        const pipe = csp.chan<number>();
        channels.push(pipe);
        const parked = function* () {
          yield csp.take(pipe);
        };
        for (let n = 0; n < PARKED_EACH; n++) csp.go(parked);
      }
      if (channels.some((pipe) => pipe.takes.length !== PARKED_EACH)) throw new Error("not all are parked");
      return channels;
    });
  },

  async timerGap() {
    const watch = new GapWatch();
    const pipe = csp.chan<number>();
    csp.go(function* giving() {
      while (watch.going) yield csp.put(pipe, 1);
      pipe.close();
    });
    await outcome(function* taking() {
      for (;;) {
        const value: number | null = yield csp.take(pipe);
        if (value === csp.CLOSED) return 0;
      }
    });
    return watch.stop();
  },
};

function handOver(capacity?: number): Runner {
  return (ops) => {
    const pipe = csp.chan<number>(capacity);
    csp.go(function* giving() {
      for (let i = 0; i < ops; i++) yield csp.put(pipe, i);
    });
    return outcome(() => total(pipe, ops));
  };
}

// What a block returns is given to the channel that `go` answers.
function outcome(body: () => Block<number>): Promise<unknown> {
  return new Promise((resolve) => csp.takeAsync(csp.go(body), resolve));
}

function* total(pipe: Numbers, values: number): Block<number> {
  let sum = 0;
  for (let i = 0; i < values; i++) sum += yield csp.take(pipe);
  return sum;
}

function* counting(numbers: Numbers): Block<void> {
  for (let i = 2; ; i++) {
    const given: boolean = yield csp.put(numbers, i);
    if (!given) return;
  }
}

function* filter(from: Numbers, to: Numbers, prime: number): Block<void> {
  for (;;) {
    const n: number | null = yield csp.take(from);
    if (n === csp.CLOSED) return;
    if (n % prime === 0) continue;
    const given: boolean = yield csp.put(to, n);
    if (!given) return;
  }
}

function* skynet(up: Numbers, number: number, leaves: number): Block<void> {
  if (leaves === 1) {
    yield csp.put(up, number);
    return;
  }
  const from = csp.chan<number>();
  for (let i = 0; i < FAN; i++) csp.go(skynet, [from, number + (i * leaves) / FAN, leaves / FAN]);
  const sum = yield* total(from, FAN);
  yield csp.put(up, sum);
}
