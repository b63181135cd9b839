/**
 * `effection`: operations, queues and channels. None of these has bounds: adding to a queue never waits, and a send of a
 * channel only gives way, so that there is no backpressure. What needs it, a buffer or the sieve, is left out; so is select,
 * for a race of two takes loses what the slower one took.
 */
import { createChannel, createQueue, type Operation, type Queue, run, spawn, suspend } from "effection";
import { bytesEach, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Queue<number, never>;

const numbers = (): Numbers => createQueue<number, never>();

export const programs: Programs = {
  rendezvous: (ops) =>
    run(function* () {
      const channel = createChannel<number, never>();
      const subscription = yield* channel;
      yield* spawn(function* giving() {
        for (let i = 0; i < ops; i++) yield* channel.send(i);
      });
      let sum = 0;
      for (let i = 0; i < ops; i++) sum += (yield* subscription.next()).value;
      return sum;
    }),

  pingPong: (ops) =>
    run(function* () {
      const [there, back] = [numbers(), numbers()];
      yield* spawn(function* pong() {
        for (let i = 0; i < ops; i++) back.add((yield* there.next()).value + 1);
      });
      let ball = 0;
      for (let i = 0; i < ops; i++) {
        there.add(ball);
        ball = (yield* back.next()).value;
      }
      return ball;
    }),

  pipeline: (ops) =>
    run(function* () {
      const values = ops / STAGES;
      const first = numbers();
      let last = first;
      for (let i = 0; i < STAGES; i++) {
        const [from, to] = [last, numbers()];
        yield* spawn(function* stage() {
          for (let n = 0; n < values; n++) to.add((yield* from.next()).value + 1);
        });
        last = to;
      }
      for (let i = 0; i < values; i++) first.add(0);
      return yield* total(last, values);
    }),

  fanIn: (ops) =>
    run(function* () {
      const each = ops / GIVERS;
      const channel = createChannel<number, never>();
      const subscription = yield* channel;
      for (let giver = 0; giver < GIVERS; giver++) {
        yield* spawn(function* giving() {
          for (let i = 0; i < each; i++) yield* channel.send(giver * each + i);
        });
      }
      let sum = 0;
      for (let i = 0; i < ops; i++) sum += (yield* subscription.next()).value;
      return sum;
    }),

  skynet: (ops) =>
    run(function* () {
      const up = numbers();
      yield* spawn(() => skynet(up, 0, ops));
      return (yield* up.next()).value;
    }),

  parked(ops) {
    return bytesEach(ops, async () => {
      const queues: Numbers[] = [];
      let started = 0;
      const parent = run(function* () {
        for (let i = 0; i < ops; i += PARKED_EACH) {
          const queue = numbers();
          queues.push(queue);
          const parked = function* () {
            started++;
            yield* queue.next();
          };
          for (let n = 0; n < PARKED_EACH; n++) yield* spawn(parked);
        }
        yield* suspend();
      });
      while (started < ops) await new Promise((resolve) => setImmediate(resolve));
      return [queues, parent];
    });
  },

  async cancel(ops, start) {
    const queue = numbers();
    let [started, ended] = [0, 0];
    const parent = run(function* () {
      for (let i = 0; i < ops; i++) {
        yield* spawn(function* parked() {
          started++;
          try {
            yield* queue.next();
          } finally {
            ended++;
          }
        });
      }
      yield* suspend();
    });
    while (started < ops) await new Promise((resolve) => setImmediate(resolve));
    start();
    await parent.halt();
    return ended;
  },

  timerGap: () =>
    run(function* () {
      const watch = new GapWatch();
      const channel = createChannel<number, void>();
      const subscription = yield* channel;
      yield* spawn(function* giving() {
        while (watch.going) yield* channel.send(1);
        yield* channel.close();
      });
      while (!(yield* subscription.next()).done);
      return watch.stop();
    }),
};

function* total(queue: Numbers, values: number): Operation<number> {
  let sum = 0;
  for (let i = 0; i < values; i++) sum += (yield* queue.next()).value;
  return sum;
}

function* skynet(up: Numbers, number: number, leaves: number): Operation<void> {
  if (leaves === 1) {
    up.add(number);
    return;
  }
  const from = numbers();
  for (let i = 0; i < FAN; i++) yield* spawn(() => skynet(from, number + (i * leaves) / FAN, leaves / FAN));
  up.add(yield* total(from, FAN));
}
