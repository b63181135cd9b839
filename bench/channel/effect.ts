/**
 * `effect`: fibers and queues in `Effect.gen`, as its guides write them. It has no select: the first of two takes in a
 * race stands for it.
 */
import { Effect, Fiber, Queue } from "effect";
import type { Runner } from "../harness.js";
import { bytesEach, CAPACITY, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Queue.Queue<number>;

// The closest to a rendezvous that works: with a capacity of 0 a hand-over from one fiber to another does, but long
// ping-pongs and pipelines hang.
const CLOSEST = 1;

const program =
  (body: (ops: number) => Effect.Effect<unknown>): Runner =>
  (ops) =>
    Effect.runPromise(body(ops));

export const programs: Programs = {
  rendezvous: handOver(0),
  buffer: handOver(CAPACITY),

  pingPong: program((ops) =>
    Effect.gen(function* () {
      const [there, back] = [yield* Queue.bounded<number>(CLOSEST), yield* Queue.bounded<number>(CLOSEST)];
      const pong = yield* Effect.forkChild(
        Effect.gen(function* () {
          for (;;) yield* Queue.offer(back, (yield* Queue.take(there)) + 1);
        }),
      );
      let ball = 0;
      for (let i = 0; i < ops; i++) {
        yield* Queue.offer(there, ball);
        ball = yield* Queue.take(back);
      }
      yield* Fiber.interrupt(pong);
      return ball;
    }),
  ),

  pipeline: program((ops) =>
    Effect.gen(function* () {
      const values = ops / STAGES;
      const first = yield* Queue.bounded<number>(CLOSEST);
      let last = first;
      for (let i = 0; i < STAGES; i++) {
        const [from, to] = [last, yield* Queue.bounded<number>(CLOSEST)];
        yield* Effect.forkChild(
          Effect.gen(function* () {
            for (let n = 0; n < values; n++) yield* Queue.offer(to, (yield* Queue.take(from)) + 1);
          }),
        );
        last = to;
      }
      yield* Effect.forkChild(
        Effect.gen(function* () {
          for (let i = 0; i < values; i++) yield* Queue.offer(first, 0);
        }),
      );
      return yield* total(last, values);
    }),
  ),

  select: program((ops) =>
    Effect.gen(function* () {
      const [one, other] = [yield* Queue.bounded<number>(1), yield* Queue.bounded<number>(1)];
      yield* Queue.offer(one, 0);
      yield* Queue.offer(other, 0);
      const hitOf = (queue: Numbers) => Effect.map(Queue.take(queue), (value) => ({ queue, value }));
      for (let i = 0; i < ops; i++) {
        const hit = yield* Effect.raceFirst(hitOf(one), hitOf(other));
        yield* Queue.offer(hit.queue, hit.value + 1);
      }
      return (yield* Queue.take(one)) + (yield* Queue.take(other));
    }),
  ),

  fanIn: program((ops) =>
    Effect.gen(function* () {
      const each = ops / GIVERS;
      const queue = yield* Queue.bounded<number>(CLOSEST);
      for (let giver = 0; giver < GIVERS; giver++) {
        yield* Effect.forkChild(
          Effect.gen(function* () {
            for (let i = 0; i < each; i++) yield* Queue.offer(queue, giver * each + i);
          }),
        );
      }
      return yield* total(queue, ops);
    }),
  ),

  // The filters are children of the fiber that makes them, and end with it.
  sieve: program((ops) =>
    Effect.gen(function* () {
      let from = yield* Queue.bounded<number>(CLOSEST);
      yield* Effect.forkChild(counting(from));
      let prime = 0;
      for (let i = 0; i < ops; i++) {
        prime = yield* Queue.take(from);
        const to = yield* Queue.bounded<number>(CLOSEST);
        yield* Effect.forkChild(filter(from, to, prime));
        from = to;
      }
      return prime;
    }),
  ),

  skynet: program((ops) =>
    Effect.gen(function* () {
      const up = yield* Queue.bounded<number>(CLOSEST);
      yield* Effect.forkChild(skynet(up, 0, ops));
      return yield* Queue.take(up);
    }),
  ),

  parked(ops) {
    return bytesEach(ops, async () => {
      const queues: Numbers[] = [];
      let started = 0;
      for (let i = 0; i < ops; i += PARKED_EACH) {
        const queue = await Effect.runPromise(Queue.bounded<number>(CLOSEST));
        queues.push(queue);
        const parked = Effect.gen(function* () {
          started++;
          yield* Queue.take(queue);
        });
        for (let n = 0; n < PARKED_EACH; n++) Effect.runFork(parked);
      }
      while (started < ops) await new Promise((resolve) => setImmediate(resolve));
      return queues;
    });
  },

  async cancel(ops, start) {
    const queue = await Effect.runPromise(Queue.bounded<number>(CLOSEST));
    let [started, ended] = [0, 0];
    const parked = Effect.gen(function* () {
      started++;
      yield* Queue.take(queue);
    }).pipe(Effect.ensuring(Effect.sync(() => ended++)));
    const parent = Effect.runFork(
      Effect.gen(function* () {
        for (let i = 0; i < ops; i++) yield* Effect.forkChild(parked);
        yield* Effect.never;
      }),
    );
    while (started < ops) await new Promise((resolve) => setImmediate(resolve));
    start();
    await Effect.runPromise(Fiber.interrupt(parent));
    return ended;
  },

  timerGap: program(() =>
    Effect.gen(function* () {
      const watch = new GapWatch();
      const queue = yield* Queue.bounded<number>(CLOSEST);
      yield* Effect.forkChild(
        Effect.gen(function* () {
          while (watch.going) yield* Queue.offer(queue, 1);
          yield* Queue.offer(queue, 0);
        }),
      );
      while ((yield* Queue.take(queue)) !== 0);
      return watch.stop();
    }),
  ),
};

/** Its fastest idiom, without generators. */
export const loops: Programs = { rendezvous: looped(0), buffer: looped(CAPACITY) };

function handOver(capacity: number): Runner {
  return program((ops) =>
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(capacity);
      yield* Effect.forkChild(
        Effect.gen(function* () {
          for (let i = 0; i < ops; i++) yield* Queue.offer(queue, i);
        }),
      );
      return yield* total(queue, ops);
    }),
  );
}

function looped(capacity: number): Runner {
  return program((ops) =>
    Effect.flatMap(Queue.bounded<number>(capacity), (queue) => {
      let [given, taken, sum] = [0, 0, 0];
      const giving = Effect.whileLoop({
        while: () => given < ops,
        body: () => Queue.offer(queue, given++),
        step: () => {},
      });
      const taking = Effect.whileLoop({
        while: () => taken < ops,
        body: () => Queue.take(queue),
        step: (value) => {
          taken++;
          sum += value;
        },
      });
      return Effect.forkChild(giving).pipe(
        Effect.andThen(taking),
        Effect.map(() => sum),
      );
    }),
  );
}

const total = (queue: Numbers, values: number): Effect.Effect<number> =>
  Effect.gen(function* () {
    let sum = 0;
    for (let i = 0; i < values; i++) sum += yield* Queue.take(queue);
    return sum;
  });

const counting = (queue: Numbers): Effect.Effect<never> =>
  Effect.gen(function* () {
    for (let i = 2; ; i++) yield* Queue.offer(queue, i);
  });

const filter = (from: Numbers, to: Numbers, prime: number): Effect.Effect<never> =>
  Effect.gen(function* () {
    for (;;) {
      const n = yield* Queue.take(from);
      if (n % prime !== 0) yield* Queue.offer(to, n);
    }
  });

const skynet = (up: Numbers, number: number, leaves: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (leaves === 1) {
      yield* Queue.offer(up, number);
      return;
    }
    const from = yield* Queue.bounded<number>(CLOSEST);
    for (let i = 0; i < FAN; i++) {
      yield* Effect.forkChild(skynet(from, number + (i * leaves) / FAN, leaves / FAN));
    }
    yield* Queue.offer(up, yield* total(from, FAN));
  });
