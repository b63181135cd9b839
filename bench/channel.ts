/**
 * Channel: a value from one fiber to another, by rendezvous and through a buffer; and the same with async functions.
 */
import { CLOSED, channel, go } from "@good-place/channel";
import { channel as thingChannel } from "@thi.ng/csp";
import { Effect, Queue } from "effect";
import type { Case, Runner } from "./harness.js";

export function cases(): Case[] {
  const handOver = (name: string, capacity: number): Case[] => [
    {
      bench: "channel",
      case: `${name}, yield*`,
      unit: "ns/op",
      ops: 200_000,
      ours: fibers(capacity),
      peers: {
        effect: effectFibers(capacity),
        "@thi.ng/csp": thing(Math.max(1, capacity)),
        "bare generators": generators,
      },
    },
    {
      bench: "channel",
      case: `${name}, await`,
      unit: "ns/op",
      ops: 100_000,
      ours: asyncFunctions(capacity),
      peers: { "@thi.ng/csp": thing(Math.max(1, capacity)) },
    },
  ];
  return [...handOver("rendezvous", 0), ...handOver("buffer 128", 128)];
}

function fibers(capacity: number): Runner {
  return async (ops) => {
    const pipe = channel<number>(capacity);
    void go(function* giving() {
      for (let i = 0; i < ops; i++) yield* pipe.give(i);
      pipe.close();
    });
    await go(function* taking() {
      while ((yield* pipe.take()) !== CLOSED);
    });
  };
}

function asyncFunctions(capacity: number): Runner {
  return async (ops) => {
    const pipe = channel<number>(capacity);
    const giving = async (): Promise<void> => {
      for (let i = 0; i < ops; i++) await pipe.give(i);
      pipe.close();
    };
    const given = giving();
    while ((await pipe.take()) !== CLOSED);
    await given;
  };
}

function thing(capacity: number): Runner {
  return async (ops) => {
    const pipe = thingChannel<number>(capacity);
    const giving = async (): Promise<void> => {
      for (let i = 1; i <= ops; i++) await pipe.write(i);
      pipe.close();
    };
    const given = giving();
    while ((await pipe.read()) !== undefined);
    await given;
  };
}

function effectFibers(capacity: number): Runner {
  return (ops) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const queue = yield* Queue.bounded<number>(capacity);
        yield* Effect.forkChild(
          Effect.gen(function* () {
            for (let i = 0; i < ops; i++) yield* Queue.offer(queue, i);
          }),
        );
        for (let i = 0; i < ops; i++) yield* Queue.take(queue);
      }),
    );
}

// The floor: two generators that hand a value over with no queue, no cancel and no error path.
function generators(ops: number): void {
  let slot = 0;
  const giver = (function* () {
    for (let i = 0; i < ops; i++) {
      slot = i;
      yield;
    }
  })();
  const taker = (function* () {
    for (;;) {
      void slot;
      yield;
    }
  })();
  while (!giver.next().done) taker.next();
}
