/**
 * Ours, with `await` in async functions. Only what is cancelled is a fiber.
 */
import { type Channel, CLOSED, channel, EMPTY, go, scope, select } from "@good-place/channel";
import { bytesEach, CAPACITY, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Channel<number>;

export const programs: Programs = {
  rendezvous: handOver(0),
  buffer: handOver(CAPACITY),

  async pingPong(ops) {
    const [there, back] = [channel<number>(), channel<number>()];
    const pong = async (): Promise<void> => {
      for (;;) {
        const ball = await there.take();
        if (ball === CLOSED) return;
        await back.give(ball + 1);
      }
    };
    void pong();
    let ball = 0;
    for (let i = 0; i < ops; i++) {
      await there.give(ball);
      const returned = await back.take();
      if (returned !== CLOSED) ball = returned;
    }
    there.close();
    return ball;
  },

  pipeline(ops) {
    const values = ops / STAGES;
    const first = channel<number>();
    let last = first;
    for (let i = 0; i < STAGES; i++) {
      const [from, to] = [last, channel<number>()];
      const stage = async (): Promise<void> => {
        for (let n = 0; n < values; n++) {
          const value = await from.take();
          if (value !== CLOSED) await to.give(value + 1);
        }
      };
      void stage();
      last = to;
    }
    const giving = async (): Promise<void> => {
      for (let i = 0; i < values; i++) await first.give(0);
    };
    void giving();
    return total(last, values);
  },

  async select(ops) {
    const [one, other] = [channel<number>(1), channel<number>(1)];
    one.tryGive(0);
    other.tryGive(0);
    for (let i = 0; i < ops; i++) {
      const hit = await select([one, other]);
      if (hit.tag === "take") await hit.channel.give(hit.value + 1);
    }
    return [one, other]
      .map((each) => each.tryTake())
      .reduce<number>((a, b) => (b === EMPTY || b === CLOSED ? a : a + b), 0);
  },

  fanIn(ops) {
    const each = ops / GIVERS;
    const pipe = channel<number>();
    const giving = async (giver: number): Promise<void> => {
      for (let i = 0; i < each; i++) await pipe.give(giver * each + i);
    };
    for (let giver = 0; giver < GIVERS; giver++) void giving(giver);
    return total(pipe, ops);
  },

  async sieve(ops) {
    const all: Numbers[] = [channel<number>()];
    let from = all[0] as Numbers;
    void counting(from);
    let prime = 0;
    for (let i = 0; i < ops; i++) {
      const next = await from.take();
      if (next === CLOSED) break;
      prime = next;
      const to = channel<number>();
      void filter(from, to, prime);
      all.push(to);
      from = to;
    }
    for (const each of all) each.close();
    return prime;
  },

  skynet(ops) {
    const up = channel<number>();
    void skynet(up, 0, ops);
    return total(up, 1);
  },

  parked(ops) {
    return bytesEach(ops, () => {
      const channels: Numbers[] = [];
      for (let i = 0; i < ops; i += PARKED_EACH) {
        const pipe = channel<number>();
        const parked = async (): Promise<void> => {
          await pipe.take();
        };
        for (let n = 0; n < PARKED_EACH; n++) void parked();
        channels.push(pipe);
      }
      return channels;
    });
  },

  async cancel(ops, start) {
    const pipe = channel<number>();
    let ended = 0;
    const parent = go(() =>
      scope(async ({ go: spawn, signal }) => {
        for (let i = 0; i < ops; i++) {
          void spawn(async (fiber) => {
            try {
              await pipe.take({ signal: fiber.signal });
            } finally {
              ended++;
            }
          });
        }
        await pipe.take({ signal });
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
    const giving = async (): Promise<void> => {
      while (watch.going) await pipe.give(1);
      pipe.close();
    };
    void giving();
    while ((await pipe.take()) !== CLOSED);
    return watch.stop();
  },
};

function handOver(capacity: number): Programs["rendezvous"] {
  return async (ops) => {
    const pipe = channel<number>(capacity);
    const giving = async (): Promise<void> => {
      for (let i = 0; i < ops; i++) await pipe.give(i);
    };
    void giving();
    let sum = 0;
    for (let i = 0; i < ops; i++) {
      const value = await pipe.take();
      if (value === CLOSED) break;
      sum += value;
    }
    return sum;
  };
}

async function total(pipe: Numbers, values: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < values; i++) {
    const value = await pipe.take();
    if (value === CLOSED) break;
    sum += value;
  }
  return sum;
}

// Ends when its channel is closed: an async function cannot be cancelled.
async function counting(numbers: Numbers): Promise<void> {
  for (let i = 2; await numbers.give(i); i++);
}

async function filter(from: Numbers, to: Numbers, prime: number): Promise<void> {
  for (;;) {
    const n = await from.take();
    if (n === CLOSED || (n % prime !== 0 && !(await to.give(n)))) return;
  }
}

async function skynet(up: Numbers, number: number, leaves: number): Promise<void> {
  if (leaves === 1) {
    await up.give(number);
    return;
  }
  const from = channel<number>();
  for (let i = 0; i < FAN; i++) void skynet(from, number + (i * leaves) / FAN, leaves / FAN);
  await up.give(await total(from, FAN));
}
