/** Calls from the server to its clients, calls within calls, and what a server tells of itself. */
import { channel, type Fiber } from "@good-place/channel";
import {
  answers,
  contract,
  dial,
  generateKeys,
  HempleError,
  hemple,
  method,
  methodsOf,
  type Peer,
} from "@good-place/hemple";
import { expect, test } from "vitest";
import * as z from "zod";
import { failure, gate, office, plain, start, thrown } from "./office.js";
import { number, text } from "./schemas.js";
import { all, stage } from "./stage.js";
import { Wire } from "./wire.js";

const phone = contract({
  ring: method({ input: text, output: text }),
  listen: method({ input: text, feed: number, stream: number }),
  private: method({ output: text, allowed: ["office"] }),
});
const ringing = {
  ring: (input: string) => `${input}!`,
  async *listen(_: string, { feed }: { feed: AsyncIterable<number> }) {
    for await (const item of feed) yield item * 2;
  },
  private: () => "secret",
};
const desk = contract({
  call: method({ input: text, output: text }),
  listen: method({ output: z.array(z.number()) }),
  secret: method({ output: text }),
  slow: method({ output: text }),
});
const desks = {
  call: (input: string, { peer }: { peer: Peer }) => peer.tell(phone).ring(input),
  listen: (_: undefined, { peer }: { peer: Peer }) => all(peer.tell(phone).listen("", [1, 2, 3])),
  secret: (_: undefined, { peer }: { peer: Peer }) => peer.tell(phone).private(),
  slow: (_: undefined, { peer }: { peer: Peer }) => peer.tell(phone).ring("slowly"),
};

test("both ends call, and answer each other while they wait", async () => {
  const { dial } = await stage(desk, desks);
  const tell = await dial({ answers: answers(phone, ringing, { roles: ["office"] }) });
  const calls = Array.from({ length: 50 }, (_, i) => tell.call(String(i)));
  expect(await Promise.all(calls)).toEqual(calls.map((_, i) => `${i}!`));
  expect(await tell.listen()).toEqual([2, 4, 6]);
  expect(await tell.secret()).toBe("secret");
});

test("a server may call only what its client answers, in the roles that the client gives it", async () => {
  const { dial: dialed } = await stage(desk, desks);
  expect(await failure((await dialed({ answers: answers(phone, ringing) })).secret())).toMatchObject({
    code: "FORBIDDEN",
  });
  const none = await dialed();
  expect((await failure(none.call("x"))).code).toBe("CLOSED");
});

test("a client that answers must know whom", async () => {
  const { port, psk, keys } = await start();
  const options = { port, psk, key: keys.privateKey, answers: answers(phone, ringing) };
  expect((await failure(dial(office, options))).code).toBe("BAD_OPTION");
  expect(thrown(() => answers(phone, { ...ringing, extra() {} } as never))).toBe("UNKNOWN_HANDLER");
});

test("a client's throwing handler is an error signal of its supervisor, and INTERNAL to the server", async () => {
  const supervisor = channel<{ tag: string; method?: string }>(100);
  const { dial } = await stage(desk, desks);
  const broken = { ...ringing, ring: () => Promise.reject(new Error("at /home/secret")) };
  const tell = await dial({ answers: answers(phone, broken), supervisor });
  expect((await failure(tell.call("x"))).message).not.toContain("secret");
  expect(await supervisor.take()).toMatchObject({ tag: "error", method: "ring" });
});

const shop = contract({ outer: method({ input: text, output: number }), inner: method({ output: number }) });

test.each(["a generator", "an async function"])(
  "a call within the handler of %s inherits its deadline",
  async (kind) => {
    const back = await stage(shop, {
      outer: () => 0,
      inner: (_, { deadline }) => deadline ?? 0,
    });
    const inner = await back.dial();
    const front = await stage(shop, {
      inner: () => 0,
      outer: (_, call) =>
        kind === "a generator"
          ? (function* () {
              return yield* inner.inner();
            })()
          : (async () => {
              await Promise.resolve();
              return await inner.inner(undefined, { within: call });
            })(),
    });
    const outer = await front.dial();
    const before = Date.now();
    const deadline = await outer.outer("", { deadlineMs: 50_000 });
    expect(deadline).toBeGreaterThan(before);
    // The inner call sets out later than the outer one, and so has less time; clocks are read in whole milliseconds.
    expect(deadline).toBeLessThanOrEqual(Date.now() + 50_000);
    expect(await outer.outer("")).toBe(0);
  },
);

test("a cancel goes through calls within calls, to the last handler", async () => {
  const [there, ended] = [gate(), gate()];
  const back = await stage(shop, {
    outer: () => 0,
    inner: (_, { signal }) => {
      there.enter();
      signal.addEventListener("abort", () => ended.open("ended"));
      return new Promise<number>(() => {});
    },
  });
  const inner = await back.dial();
  const front = await stage(shop, {
    inner: () => 0,
    outer: async (_, call) => {
      await Promise.resolve();
      return await inner.inner(undefined, { within: call });
    },
  });
  const outer = await front.dial();
  const abort = new AbortController();
  const call = failure(outer.outer("", { signal: abort.signal }));
  await there.entered;
  abort.abort(new Error("enough"));
  expect((await call).message).toBe("enough");
  expect(await ended.opened).toBe("ended");
});

test("a peer learns of the methods of its roles, with their schemas, and of no other", async () => {
  const described = contract({
    greet: method({ input: z.strictObject({ name: z.string() }), output: z.string(), idempotent: true }),
    watch: method({ stream: number }),
    fire: method({ allowed: ["owner"] }),
    hire: method({ allowed: ["boss"] }),
  });
  const handlers = { greet: () => "", watch: () => [], fire: () => undefined, hire: () => undefined };
  const { dial } = await stage(described, handlers);
  const methods = await methodsOf(await dial());
  expect(methods.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["greet unary", "watch stream", "fire unary"]);
  expect(methods[0]).toMatchObject({
    idempotent: true,
    input: { type: "object", required: ["name"], additionalProperties: false },
    output: { type: "string" },
  });
  expect(thrown(() => methodsOf({ async [Symbol.asyncDispose]() {} }))).toBe("BAD_OPTION");
});

test("errors carry whether they may be retried, and causes with codes; stacks only in development", async () => {
  const thrower = {
    ...plain,
    wait: (): never => {
      const cause = new HempleError("NO_BEES", "the hive is empty", { cause: new Error("in /home/secret") });
      throw new HempleError("NO_HONEY", "there is no honey", { retryable: true, cause });
    },
    double: (): never => {
      throw new Error("in /home/secret");
    },
  };
  const tell = await (await start(thrower)).dial();
  const error = await failure(tell.wait("a"));
  expect(error).toMatchObject({
    code: "NO_HONEY",
    retryable: true,
    cause: { code: "NO_BEES", message: "the hive is empty" },
  });
  expect((error.cause as Error).cause).toBe(undefined);
  expect(await failure(tell.double(1))).toMatchObject({ code: "INTERNAL", retryable: false });
  expect((await failure(tell.double(1))).cause).toBe(undefined);
  const open = await (await start(thrower, { development: true })).dial();
  const shown = await failure(open.double(1));
  expect(shown).toMatchObject({ code: "INTERNAL", cause: { code: "Error", message: "in /home/secret" } });
  expect((shown.cause as Error).stack).toContain("both.test");
});

test("a call that is longer than its method takes is not run, and others may be longer", async () => {
  let ran = 0;
  const limited = contract({
    short: method({ input: text, output: number, maxBytes: 100 }),
    long: method({ input: text }),
  });
  const { dial } = await stage(limited, { short: () => ++ran, long() {} });
  const tell = await dial();
  expect(await failure(tell.short("x".repeat(100)))).toMatchObject({ code: "TOO_LARGE", remote: true });
  await tell.long("x".repeat(1000));
  expect(await tell.short("x".repeat(50))).toBe(1);
});

test("a flood of calls is answered with OVERLOADED, retryable, and memory stays", async () => {
  const { port, psk, keys, dial } = await start({ wait: () => new Promise<string>(() => {}) }, { maxCallsPerPeer: 8 });
  const wire = await Wire.enter({ port, psk, key: keys.privateKey });
  await wire.frame();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 200; i++) {
    const frames = Array.from({ length: 100 }, (_, j) => [1, 200 * i + 2 * j + 1, "wait", "x", null]);
    wire.send(...frames);
  }
  for (let i = 8; i < 20_000; i++) {
    expect((await wire.frame())?.[2]).toMatchObject({ code: "OVERLOADED", retryable: true });
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  expect((await failure((await dial()).double(1))).code).toBe("OVERLOADED");
});

test("the peer of a conn signal can be called, outside of any call", async () => {
  const signals = channel<{ tag: string; peer: Peer; fiber: Fiber<unknown> }>(100);
  const [own, guest] = [generateKeys(), generateKeys()];
  const psk = crypto.getRandomValues(new Uint8Array(32));
  const peers = [{ key: guest.publicKey }];
  await using server = await hemple(office, plain, { port: 0, key: own.privateKey, psk, peers, supervisor: signals });
  const secrets = { key: guest.privateKey, psk, serverKey: own.publicKey };
  await using _client = await dial(office, { port: server.address.port, ...secrets, answers: answers(phone, ringing) });
  let conn = await signals.take();
  while ((conn as { tag: string }).tag !== "conn") conn = await signals.take();
  expect(await (conn as { peer: Peer }).peer.tell(phone).ring("hello")).toBe("hello!");
});
