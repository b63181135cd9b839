import { CLOSED, channel, go, select, sleep, timeout } from "@good-place/channel";
import { contract, HempleError, method } from "@good-place/hemple";
import { expect, test } from "vitest";
import { failure, gate, thrown } from "./office.js";
import { doubled, number, text } from "./schemas.js";
import { all, stage, until } from "./stage.js";
import { relay, Wire } from "./wire.js";

const hall = contract({
  count: method({ input: number, stream: number }),
  blocks: method({ input: number, stream: text }),
  sum: method({ feed: number, output: number }),
  short: method({ feed: text, output: number, maxBytes: 64 }),
  twice: method({ feed: doubled, stream: doubled }),
  upper: method({ input: text, feed: text, stream: text }),
});

async function* upTo(end: number): AsyncGenerator<number> {
  for (let i = 0; i < end; i++) yield i;
}

const plain = {
  count: (end: number) => upTo(end),
  blocks: (count: number) => Array.from({ length: count }, (_, i) => String(i).padEnd(1000, ".")),
  *sum(_: undefined, { feed }: { feed: { take(): import("@good-place/channel").Op<number | typeof CLOSED> } }) {
    let sum = 0;
    for (let item = yield* feed.take(); item !== CLOSED; item = yield* feed.take()) sum += item;
    return sum;
  },
  short: async (_: undefined, { feed }: { feed: AsyncIterable<string> }) => (await all(feed)).length,
  twice: (_: undefined, { feed }: { feed: AsyncIterable<number> }) => feed,
  async *upper(prefix: string, { feed }: { feed: AsyncIterable<string> }) {
    for await (const line of feed) yield `${prefix}${line.toUpperCase()}`;
  },
};

const numbers = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

test("a stream of the server arrives whole and in order, from every kind of source", async () => {
  const sources = {
    generator: () => upTo(500),
    array: () => numbers(500),
    channel: () => {
      const items = channel<number>(1);
      void go(function* () {
        for (const item of numbers(500)) yield* items.give(item);
        items.close();
      });
      return items;
    },
    promise: async () => numbers(500),
    *fiber(_: number, { give }: { give: (item: number) => import("@good-place/channel").Op<boolean> }) {
      for (const item of numbers(500)) yield* give(item);
    },
    async given(_: number, { give }: { give: (item: number) => PromiseLike<boolean> }) {
      for (const item of numbers(500)) await give(item);
    },
  };
  for (const count of Object.values(sources)) {
    const tell = await (await stage(hall, { ...plain, count })).dial();
    expect(await all(tell.count(0))).toEqual(numbers(500));
  }
});

test("what is fed arrives whole and in order, and both ways at once", async () => {
  const tell = await (await stage(hall, plain)).dial();
  expect(await tell.sum(undefined, numbers(1000))).toBe(499_500);
  expect(await tell.sum(undefined, upTo(1000))).toBe(499_500);
  expect(await tell.sum(undefined, [])).toBe(0);
  const lines = channel<string>();
  const upper = tell.upper("> ", lines);
  for (const line of ["one", "two", "three"]) {
    expect(await lines.give(line)).toBe(true);
    expect(await upper.take()).toBe(`> ${line.toUpperCase()}`);
  }
  lines.close();
  expect(await upper.take()).toBe(CLOSED);
});

test("items pass their schemas on the way in and out, also asynchronous ones, in their order", async () => {
  const tell = await (await stage(hall, plain)).dial();
  expect(await all(tell.twice(undefined, numbers(100)))).toEqual(numbers(100).map((item) => item * 4));
});

test("a fed item that its schema refuses, or that is too long, ends the call with its code", async () => {
  const tell = await (await stage(hall, plain)).dial();
  expect(await failure(tell.sum(undefined, [1, "2"] as never))).toMatchObject({
    code: "INVALID_INPUT",
    remote: true,
    issues: [{ message: "expected number, got string" }],
  });
  expect(await tell.short(undefined, ["x".repeat(50), "y"])).toBe(2);
  expect(await failure(tell.short(undefined, ["x".repeat(70)]))).toMatchObject({ code: "TOO_LARGE", remote: true });
  expect((await failure(tell.sum(undefined, [() => 1] as never))).code).toBe("INVALID_INPUT");
  expect(
    thrown(() =>
      tell
        .sum(undefined, 5 as never)
        [Symbol.iterator]()
        .next(),
    ),
  ).toBe("nothing was thrown");
  expect((await failure(tell.sum(undefined, 5 as never))).code).toBe("NO_SOURCE");
});

test("an item that does not fit ends the stream with INVALID_OUTPUT, behind the items before it", async () => {
  const tell = await (await stage(hall, { ...plain, count: () => [1, 2, "three"] as never })).dial();
  const stream = tell.count(0);
  expect([await stream.take(), await stream.take()]).toEqual([1, 2]);
  expect((await failure(stream.take())).code).toBe("INVALID_OUTPUT");
});

test("a handler or a source that fails ends the stream with its error, and a failing feed its call", async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1;
    throw new HempleError("OUT_OF_BEES", "there are no more bees");
  }
  const tell = await (await stage(hall, { ...plain, count: broken })).dial();
  const stream = tell.count(0);
  expect(await stream.take()).toBe(1);
  expect(await failure(stream.take())).toMatchObject({ code: "OUT_OF_BEES", remote: true });
  expect(await failure(tell.sum(undefined, broken()))).toMatchObject({ code: "OUT_OF_BEES", remote: false });
  expect(await tell.sum(undefined, [1])).toBe(1);
});

test("leaving the loop cancels the handler and ends its source", async () => {
  const ended = gate();
  async function* count(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      ended.open("ended");
    }
  }
  const { dial, server } = await stage(hall, { ...plain, count });
  const tell = await dial();
  for await (const item of tell.count(0)) if (item === 10) break;
  expect(await ended.opened).toBe("ended");
  await until(() => server.statistics().calls === 0);
});

test("a handler that answers early ends what it is fed", async () => {
  const ended = gate();
  async function* endless(): AsyncGenerator<number> {
    try {
      for (;;) yield 1;
    } finally {
      ended.open("ended");
    }
  }
  const tell = await (await stage(hall, { ...plain, sum: async (_, { feed }) => Number(await feed.take()) })).dial();
  expect(await tell.sum(undefined, endless())).toBe(1);
  expect(await ended.opened).toBe("ended");
});

test("a reader that does not read costs its credits and one item, and gets all when it does", async () => {
  let made = 0;
  async function* blocks(count: number): AsyncGenerator<string> {
    for (; made < count; made++) yield String(made).padEnd(1000, ".");
  }
  const { dial } = await stage(hall, { ...plain, blocks });
  const tell = await dial({ creditBytes: 10_000 });
  const stream = tell.blocks(1000);
  expect(await stream.take()).toContain("0...");
  // A call that is answered behind what the stream could send by now.
  for (let i = 0; i < 5; i++) await all(tell.count(10));
  expect(made).toBeLessThanOrEqual(12);
  expect(await all(stream)).toHaveLength(999);
});

test("a handler that does not read what it is fed holds its caller back", async () => {
  const release = gate();
  const { dial } = await stage(
    hall,
    {
      ...plain,
      sum: async (_, { feed }) => {
        release.enter();
        await release.opened;
        return (await all(feed)).length;
      },
    },
    { creditBytes: 1000 },
  );
  const tell = await dial();
  let made = 0;
  async function* feed(): AsyncGenerator<number> {
    for (; made < 5000; made++) yield 1;
  }
  const sum = tell.sum(undefined, feed());
  await release.entered;
  for (let i = 0; i < 5; i++) await all(tell.count(10));
  expect(made).toBeLessThan(1000);
  release.open("now");
  expect(await sum).toBe(5000);
});

test("a stream without its end fails with CLOSED, behind what has come", async () => {
  const { dial, port } = await stage(hall, {
    ...plain,
    *count(_, { give }) {
      yield* give(1);
      yield* channel().take();
    },
  });
  const tap = await relay(port);
  const tell = await dial({ port: tap.port });
  const stream = tell.count(0);
  expect(await stream.take()).toBe(1);
  const next = failure(stream.take());
  tap.cut();
  expect((await next).code).toBe("CLOSED");
  expect((await failure(tell.count(0).take())).code).toBe("CLOSED");
});

test("a deadline ends a stream on both sides", async () => {
  const ended = gate();
  const { dial } = await stage(hall, {
    ...plain,
    *count() {
      try {
        yield* channel().take();
      } finally {
        ended.open("ended");
      }
    },
  });
  const tell = await dial();
  expect((await failure(tell.count(0, { deadlineMs: 20 }).take())).code).toBe("DEADLINE");
  expect(await ended.opened).toBe("ended");
});

test("a stream is a channel too: it stands in a select, and closing it cancels the call", async () => {
  const { dial, server } = await stage(hall, {
    ...plain,
    *count(_, { give }) {
      for (let i = 0; ; i++) {
        yield* sleep(1);
        yield* give(i);
      }
    },
  });
  const tell = await dial();
  const { channel: items } = tell.count(0);
  expect(await select([items, timeout(20_000)])).toMatchObject({ channel: items, value: 0 });
  items.close();
  await until(() => server.statistics().calls === 0);
});

test.each([
  ["items without credit", (id: number) => Array.from({ length: 300 }, () => [9, id, 5])],
  [
    "items for a call that is fed nothing",
    () => [
      [1, 3, "count", 1, null, 1000, null, null],
      [9, 3, 1],
    ],
  ],
  ["credit for a call that streams nothing", (id: number) => [[11, id, 5]]],
  ["credit of no bytes", (id: number) => [[11, id, 0]]],
  ["an item of a call that was never made", () => [[9, 77, 1]]],
  ["an answer to a call that the server did not make", () => [[5, 2, 1]]],
])("%s end the session, and the server goes on", async (_, frames) => {
  const waits = { ...plain, sum: () => new Promise<number>(() => {}), count: () => channel<number>() };
  const { port, secrets, dial } = await stage(hall, waits, { creditBytes: 1000 });
  const wire = await Wire.enter({ port, ...secrets });
  await wire.frame();
  wire.write(
    wire.sealed(Buffer.concat([Buffer.of(0x95, 1, 1, 0xa3), Buffer.from("sum"), Buffer.of(0xd4, 0, 0, 0xc0)])),
  );
  for (const frame of frames(1)) wire.send(frame);
  while ((await wire.frame()) !== undefined);
  expect(await (await dial()).short(undefined, ["a"])).toBe(1);
});
