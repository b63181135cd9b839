/**
 * `@thi.ng/csp`: async functions that read and write. It has no rendezvous, so a buffer of 1 stands for it, and a write
 * settles only when its value is read. It cannot cancel.
 */
import { type Channel, channel, select } from "@thi.ng/csp";
import { bytesEach, CAPACITY, FAN, GapWatch, GIVERS, PARKED_EACH, type Programs, STAGES } from "./shapes.js";

type Numbers = Channel<number>;

export const programs: Programs = {
  rendezvous: handOver(1),
  buffer: handOver(CAPACITY),

  async pingPong(ops) {
    const [there, back] = [channel<number>(), channel<number>()];
    const pong = async (): Promise<void> => {
      for (;;) {
        const ball = await there.read();
        if (ball === undefined) return;
        await back.write(ball + 1);
      }
    };
    void pong();
    let ball = 0;
    for (let i = 0; i < ops; i++) {
      await there.write(ball);
      ball = (await back.read()) ?? 0;
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
          const value = await from.read();
          if (value !== undefined) await to.write(value + 1);
        }
      };
      void stage();
      last = to;
    }
    const giving = async (): Promise<void> => {
      for (let i = 0; i < values; i++) await first.write(0);
    };
    void giving();
    return total(last, values);
  },

  // The write is not waited for: it would settle with the read after the next.
  async select(ops) {
    const [one, other] = [channel<number>(), channel<number>()];
    void one.write(0);
    void other.write(0);
    for (let i = 0; i < ops; i++) {
      const [value, from] = await select(one, other);
      if (value !== undefined) void from.write(value + 1);
    }
    return (one.poll() ?? 0) + (other.poll() ?? 0);
  },

  fanIn(ops) {
    const each = ops / GIVERS;
    const pipe = channel<number>();
    const giving = async (giver: number): Promise<void> => {
      for (let i = 0; i < each; i++) await pipe.write(giver * each + i);
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
      const next = await from.read();
      if (next === undefined) break;
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
          await pipe.read();
        };
        for (let n = 0; n < PARKED_EACH; n++) void parked();
        channels.push(pipe);
      }
      return channels;
    });
  },

  async timerGap() {
    const watch = new GapWatch();
    const pipe = channel<number>();
    const giving = async (): Promise<void> => {
      while (watch.going) await pipe.write(1);
      pipe.close();
    };
    void giving();
    while ((await pipe.read()) !== undefined);
    return watch.stop();
  },
};

function handOver(capacity: number): Programs["rendezvous"] {
  return async (ops) => {
    const pipe = channel<number>(capacity);
    const giving = async (): Promise<void> => {
      for (let i = 0; i < ops; i++) await pipe.write(i);
    };
    void giving();
    return total(pipe, ops);
  };
}

async function total(pipe: Numbers, values: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < values; i++) {
    const value = await pipe.read();
    if (value === undefined) break;
    sum += value;
  }
  return sum;
}

async function counting(numbers: Numbers): Promise<void> {
  for (let i = 2; await numbers.write(i); i++);
}

async function filter(from: Numbers, to: Numbers, prime: number): Promise<void> {
  for (;;) {
    const n = await from.read();
    if (n === undefined || (n % prime !== 0 && !(await to.write(n)))) return;
  }
}

async function skynet(up: Numbers, number: number, leaves: number): Promise<void> {
  if (leaves === 1) {
    await up.write(number);
    return;
  }
  const from = channel<number>();
  for (let i = 0; i < FAN; i++) void skynet(from, number + (i * leaves) / FAN, leaves / FAN);
  await up.write(await total(from, FAN));
}
