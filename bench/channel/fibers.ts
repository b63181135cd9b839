/**
 * Ours, with `yield*` in fibers.
 */
import { type Channel, CLOSED, channel, EMPTY, go, scope, select } from "@good-place/channel";
import { bytesEach, CAPACITY, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Channel<number>;

export const programs: Programs = {
  rendezvous: handOver(0),
  buffer: handOver(CAPACITY),

  pingPong(ops) {
    const [there, back] = [channel<number>(), channel<number>()];
    void go(function* pong() {
      for (;;) {
        const ball = yield* there.take();
        if (ball === CLOSED) return;
        yield* back.give(ball + 1);
      }
    });
    return go(function* ping() {
      let ball = 0;
      for (let i = 0; i < ops; i++) {
        yield* there.give(ball);
        const returned = yield* back.take();
        if (returned !== CLOSED) ball = returned;
      }
      there.close();
      return ball;
    });
  },

  pipeline(ops) {
    const values = ops / STAGES;
    const first = channel<number>();
    let last = first;
    for (let i = 0; i < STAGES; i++) {
      const [from, to] = [last, channel<number>()];
      void go(function* stage() {
        for (let n = 0; n < values; n++) {
          const value = yield* from.take();
          if (value !== CLOSED) yield* to.give(value + 1);
        }
      });
      last = to;
    }
    void go(function* giving() {
      for (let i = 0; i < values; i++) yield* first.give(0);
    });
    return go(() => total(last, values));
  },

  select(ops) {
    const [one, other] = [channel<number>(1), channel<number>(1)];
    one.tryGive(0);
    other.tryGive(0);
    return go(function* () {
      for (let i = 0; i < ops; i++) {
        const hit = yield* select([one, other]);
        if (hit.tag === "take") yield* hit.channel.give(hit.value + 1);
      }
      return [one, other]
        .map((each) => each.tryTake())
        .reduce<number>((a, b) => (b === EMPTY || b === CLOSED ? a : a + b), 0);
    });
  },

  fanIn(ops) {
    const each = ops / GIVERS;
    const pipe = channel<number>();
    for (let giver = 0; giver < GIVERS; giver++) {
      void go(function* giving() {
        for (let i = 0; i < each; i++) yield* pipe.give(giver * each + i);
      });
    }
    return go(() => total(pipe, ops));
  },

  sieve(ops) {
    const numbers = channel<number>();
    const counting = go(function* () {
      for (let i = 2; ; i++) yield* numbers.give(i);
    });
    const filters = [counting];
    return go(function* () {
      let from = numbers;
      let prime = 0;
      for (let i = 0; i < ops; i++) {
        const next = yield* from.take();
        if (next === CLOSED) break;
        prime = next;
        const [source, to] = [from, channel<number>()];
        filters.push(go(() => filter(source, to, next)));
        from = to;
      }
      for (const each of filters) each.cancel();
      return prime;
    });
  },

  skynet(ops) {
    const up = channel<number>();
    void go(() => skynet(up, 0, ops));
    return go(() => total(up, 1));
  },

  parked(ops) {
    return bytesEach(ops, async () => {
      const channels: Numbers[] = [];
      for (let i = 0; i < ops; i += PARKED_EACH) {
        const pipe = channel<number>();
        channels.push(pipe);
        const parked = function* () {
          yield* pipe.take();
        };
        for (let n = 0; n < PARKED_EACH; n++) void go(parked);
      }
      await go(() => {});
      if (channels.some((pipe) => pipe.statistics().parkedTakes !== PARKED_EACH)) throw new Error("not all are parked");
      return channels;
    });
  },

  async cancel(ops, start) {
    const pipe = channel<number>();
    let ended = 0;
    const parent = go(() =>
      scope(function* ({ go: spawn }) {
        for (let i = 0; i < ops; i++) {
          void spawn(function* parked() {
            try {
              yield* pipe.take();
            } finally {
              ended++;
            }
          });
        }
        yield* pipe.take();
      }),
    );
    while (pipe.statistics().parkedTakes <= ops) await go(() => {});
    start();
    parent.cancel();
    await parent.then(
      () => {},
      () => {},
    );
    return ended;
  },

  async timerGap() {
    const watch = new GapWatch();
    const pipe = channel<number>();
    void go(function* giving() {
      while (watch.going) yield* pipe.give(1);
      pipe.close();
    });
    await go(function* taking() {
      while ((yield* pipe.take()) !== CLOSED);
    });
    return watch.stop();
  },
};

function handOver(capacity: number): Programs["rendezvous"] {
  return (ops) => {
    const pipe = channel<number>(capacity);
    void go(function* giving() {
      for (let i = 0; i < ops; i++) yield* pipe.give(i);
    });
    return go(function* taking() {
      let sum = 0;
      for (let i = 0; i < ops; i++) {
        const value = yield* pipe.take();
        if (value === CLOSED) break;
        sum += value;
      }
      return sum;
    });
  };
}

function* total(pipe: Numbers, values: number): Generator<unknown, number, never> {
  let sum = 0;
  for (let i = 0; i < values; i++) {
    const value = yield* pipe.take();
    if (value === CLOSED) break;
    sum += value;
  }
  return sum;
}

function* filter(from: Numbers, to: Numbers, prime: number): Generator<unknown, never, never> {
  for (;;) {
    const n = yield* from.take();
    if (n !== CLOSED && n % prime !== 0) yield* to.give(n);
  }
}

function* skynet(up: Numbers, number: number, leaves: number): Generator<unknown, void, never> {
  if (leaves === 1) {
    yield* up.give(number);
    return;
  }
  const from = channel<number>();
  for (let i = 0; i < FAN; i++) void go(() => skynet(from, number + (i * leaves) / FAN, leaves / FAN));
  yield* up.give(yield* total(from, FAN));
}
