/** What is sent again, and what is not: keys, lost lines, servers that go and come back. */
import { channel, go, scope } from "@good-place/channel";
import { contract, HempleError, type HempleServer, hemple, lineOf, method } from "@good-place/hemple";
import { expect, onTestFinished, test } from "vitest";
import { failure, gate } from "./office.js";
import { number, text } from "./schemas.js";
import { all, stage, until } from "./stage.js";
import { relay } from "./wire.js";

const bank = contract({
  pay: method({ input: number, output: number }),
  read: method({ input: text, output: text, idempotent: true }),
  log: method({ input: number, stream: number, position: (item) => item }),
  ticks: method({ stream: number }),
  add: method({ feed: number, output: number }),
});

interface Bank {
  paid: number;
  reads: number;
  readonly asked: unknown[];
  readonly entered: () => void;
  readonly release: Promise<string>;
}

function bankers(bank: Bank) {
  return {
    pay: async (amount: number) => {
      bank.paid += amount;
      bank.entered();
      await bank.release;
      return bank.paid;
    },
    read: async (input: string) => {
      bank.reads += 1;
      bank.entered();
      await bank.release;
      return input;
    },
    async *log(end: number, { after }: { after: string | number | undefined }) {
      bank.asked.push(after);
      for (let i = after === undefined ? 0 : Number(after) + 1; i < end; i++) yield i;
    },
    *ticks(_: undefined, { give }: { give: (item: number) => import("@good-place/channel").Op<boolean> }) {
      yield* give(1);
      yield* channel().take();
    },
    add: async (_: undefined, { feed }: { feed: AsyncIterable<number> }) => (await all(feed)).length,
  };
}

function banking(): { bank: Bank; handlers: ReturnType<typeof bankers>; hall: ReturnType<typeof gate> } {
  const hall = gate();
  const bank: Bank = { paid: 0, reads: 0, asked: [], entered: hall.enter, release: hall.opened };
  return { bank, handlers: bankers(bank), hall };
}

const reconnect = { minMs: 1, maxMs: 20 };

test("a call with a key runs once: sent again it waits for the same answer, and gets it later too", async () => {
  const { bank: account, handlers, hall } = banking();
  const { dial, server } = await stage(bank, handlers);
  const [first, second] = [await dial(), await dial()];
  const calls = [first.pay(5, { key: "rent" }), second.pay(5, { key: "rent" }), first.pay(5, { key: "rent" })];
  await hall.entered;
  hall.open("go on");
  expect(await Promise.all(calls)).toEqual([5, 5, 5]);
  expect(await second.pay(5, { key: "rent" })).toBe(5);
  expect(await second.pay(5, { key: "food" })).toBe(10);
  expect(account.paid).toBe(10);
  expect(server.statistics()).toMatchObject({ repeated: 3, calls: 0 });
});

test("a key of another call, a key on a stream and a key that is none are refused", async () => {
  const { handlers, hall } = banking();
  hall.open("go on");
  const tell = await (await stage(bank, handlers)).dial();
  await tell.pay(5, { key: "rent" });
  expect(await failure(tell.pay(6, { key: "rent" }))).toMatchObject({ code: "KEY_REUSED", remote: true });
  expect(await failure(tell.read("5", { key: "rent" }))).toMatchObject({ code: "KEY_REUSED" });
  expect(await failure(tell.ticks(undefined, { key: "x" }).take())).toMatchObject({ code: "INVALID_INPUT" });
  expect((await failure(tell.pay(5, { key: "" }))).code).toBe("BAD_OPTION");
});

test("a call with a key outlives its line, and its answer waits for whoever asks again", async () => {
  const { bank: account, handlers, hall } = banking();
  const { dial, port, server } = await stage(bank, handlers);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port });
  const call = failure(tell.pay(5, { key: "rent" }));
  await hall.entered;
  tap.cut();
  expect((await call).code).toBe("CLOSED");
  await until(() => server.statistics().connections === 0);
  expect(server.statistics().calls).toBe(1);
  hall.open("go on");
  expect(await (await dial()).pay(5, { key: "rent" })).toBe(5);
  expect(account.paid).toBe(5);
});

test("a call with a key that all its callers cancel is cancelled, and says so when it is asked for again", async () => {
  const { handlers, hall } = banking();
  const there = gate();
  const { dial } = await stage(bank, {
    ...handlers,
    pay: (_, { signal }) => {
      hall.enter();
      signal.addEventListener("abort", () => there.open("aborted"));
      return new Promise<number>(() => {});
    },
  });
  const tell = await dial();
  const abort = new AbortController();
  const call = failure(tell.pay(5, { key: "rent", signal: abort.signal }));
  await hall.entered;
  abort.abort();
  expect(await there.opened).toBe("aborted");
  await call;
  expect((await failure(tell.pay(5, { key: "rent" }))).code).toBe("CANCELLED");
});

test("a call with a key ends when its caller's key is taken away, though its line has long ended", async () => {
  const ended = gate();
  const hall = gate();
  const { handlers } = banking();
  const { dial, server } = await stage(bank, {
    ...handlers,
    pay: (_, { signal }) => {
      signal.addEventListener("abort", () => ended.open(signal.reason.cause.code));
      hall.enter();
      return new Promise<number>(() => {});
    },
  });
  const tell = await dial();
  void failure(tell.pay(1, { key: "once" }));
  await hall.entered;
  await tell[Symbol.asyncDispose]();
  await until(() => server.statistics().connections === 0);
  expect(server.statistics().calls).toBe(1);
  server.update({ peers: [] });
  expect(await ended.opened).toBe("REMOVED");
});

test("answers are kept for their time and up to their number; one call more is refused, and then runs", async () => {
  const { bank: account, handlers, hall } = banking();
  hall.open("go on");
  const { dial } = await stage(bank, handlers, { maxResultsPerPeer: 2, resultMs: 1000 });
  const tell = await dial();
  await Promise.all([tell.pay(1, { key: "a" }), tell.pay(1, { key: "b" })]);
  expect(await failure(tell.pay(1, { key: "c" }))).toMatchObject({ code: "OVERLOADED", retryable: true });
  const patient = await dial({ reconnect: { minMs: 100, maxMs: 100 } });
  expect(await patient.pay(1, { key: "c" })).toBe(3);
  expect(account.paid).toBe(3);
});

test("idempotent calls and calls with a key are sent again on the next line, others fail with CLOSED", async () => {
  const { bank: account, handlers, hall } = banking();
  const { dial, port } = await stage(bank, handlers);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, reconnect });
  const calls = Promise.allSettled([
    tell.pay(1),
    tell.pay(2, { key: "rent" }),
    tell.read("hello"),
    tell.add(undefined, [1]),
  ]);
  await until(() => account.paid === 3 && account.reads === 1);
  tap.cut();
  await until(() => lineOf(tell).statistics().connections === 2 && account.reads === 2);
  hall.open("go on");
  expect(await calls).toMatchObject([
    { status: "rejected", reason: { code: "CLOSED", retryable: false } },
    { status: "fulfilled", value: 3 },
    { status: "fulfilled", value: "hello" },
    {},
  ]);
  expect(account.paid).toBe(3);
  expect(lineOf(tell).statistics()).toMatchObject({ connections: 2 });
});

test("a stream with positions goes on behind the last item that its reader has, whole and in order", async () => {
  const { bank: account, handlers } = banking();
  const { dial, port } = await stage(bank, handlers);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, reconnect, creditBytes: 200 });
  const items: number[] = [];
  for await (const item of tell.log(600)) {
    items.push(item);
    if (item % 200 === 100) tap.cut();
  }
  expect(items).toEqual(Array.from({ length: 600 }, (_, i) => i));
  expect(account.asked[0]).toBe(undefined);
  expect(account.asked.length).toBeGreaterThanOrEqual(4);
});

test("a stream without positions that has begun fails with CLOSED, though its client comes back", async () => {
  const { handlers } = banking();
  const { dial, port } = await stage(bank, handlers);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, reconnect });
  const stream = tell.ticks();
  expect(await stream.take()).toBe(1);
  const next = failure(stream.take());
  tap.cut();
  expect((await next).code).toBe("CLOSED");
  expect(await tell.add(undefined, [1, 2])).toBe(2);
});

async function twice(handlers: ReturnType<typeof bankers>): Promise<{
  first: HempleServer;
  tell: Awaited<ReturnType<Awaited<ReturnType<typeof stage<typeof bank>>>["dial"]>>;
  again(): Promise<HempleServer>;
}> {
  const { server, dial, options, port } = await stage(bank, handlers);
  return {
    first: server,
    tell: await dial({ reconnect }),
    async again() {
      const next = await hemple(bank, handlers, { ...options, port, supervisor: channel(100_000) });
      onTestFinished(() => next[Symbol.asyncDispose]());
      return next;
    },
  };
}

test("a call with a key is not sent to a server that cannot know it: it may have run on the one that is gone", async () => {
  const { bank: account, handlers, hall } = banking();
  const { first, tell, again } = await twice(handlers);
  const call = failure(tell.pay(5, { key: "rent" }));
  await hall.entered;
  await first[Symbol.asyncDispose]();
  await again();
  expect(await call).toMatchObject({ code: "CLOSED" });
  hall.open("go on");
  expect(await tell.pay(1, { key: "food" })).toBe(6);
  expect(account.paid).toBe(6);
});

test("calls wait for a server that is away, to their deadline and not longer", async () => {
  const { handlers, hall } = banking();
  hall.open("go on");
  const { first, tell, again } = await twice(handlers);
  await first[Symbol.asyncDispose]();
  expect((await failure(tell.read("x", { deadlineMs: 30 }))).code).toBe("DEADLINE");
  expect((await failure(tell.log(5, { deadlineMs: 30 }).take())).code).toBe("DEADLINE");
  const abort = new AbortController();
  const aborted = failure(tell.pay(1, { signal: abort.signal }));
  const reading = tell.read("y");
  const paying = tell.pay(1);
  abort.abort(new Error("enough"));
  expect((await aborted).message).toBe("enough");
  await again();
  expect(await reading).toBe("y");
  expect(await paying).toBe(1);
});

test("a fiber that is cancelled while its call waits for a line cancels the call, and disposing frees all", async () => {
  const { bank: account, handlers } = banking();
  const { first, tell, again } = await twice(handlers);
  await first[Symbol.asyncDispose]();
  const fiber = go(function* () {
    return yield* scope(function* () {
      return yield* tell.pay(1);
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  fiber.cancel("enough");
  expect((await failure(fiber)).code).toBe("CANCELLED");
  const waiting = failure(tell.pay(1));
  await tell[Symbol.asyncDispose]();
  expect((await waiting).code).toBe("CLOSED");
  expect((await failure(tell.pay(1))).code).toBe("CLOSED");
  await again();
  expect(account.paid).toBe(0);
});

test("an error that a handler calls retryable is sent again, also with a key", async () => {
  const { handlers } = banking();
  let tries = 0;
  const moody = (): number => {
    tries += 1;
    if (tries % 3 !== 0) throw new HempleError("MOODY", "not now", { retryable: true });
    return tries;
  };
  const tell = await (await stage(bank, { ...handlers, pay: moody })).dial({ reconnect });
  expect(await tell.pay(1)).toBe(3);
  expect(await tell.pay(1, { key: "rent" })).toBe(6);
  expect(lineOf(tell).statistics()).toMatchObject({ retried: 4, connections: 1 });
});

test("wrong options of reconnecting are refused", async () => {
  const { handlers } = banking();
  const { dial } = await stage(bank, handlers);
  expect((await failure(dial({ reconnect: { minMs: 0 } }))).code).toBe("BAD_OPTION");
  expect((await failure(dial({ reconnect: { minMS: 5 } as never }))).code).toBe("UNKNOWN_OPTION");
  expect((await failure(dial({ creditBytes: 0 }))).code).toBe("BAD_OPTION");
});
