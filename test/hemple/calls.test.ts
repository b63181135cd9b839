import { channel, go, scope, sleep } from "@good-place/channel";
import { contract, dial, generateKeys, HempleError, hemple, lineOf, method } from "@good-place/hemple";
import { expect, test } from "vitest";
import { failure, gate, start } from "./office.js";
import { doubled, number, picky } from "./schemas.js";

test("twelve overlapping calls each get their own answer, out of order", async () => {
  const gates = Array.from({ length: 12 }, gate);
  const { dial } = await start({ wait: (input) => gates[Number(input)]?.opened ?? "none" });
  const tell = await dial();
  const order: string[] = [];
  const calls = gates.map(async (_, i) => {
    const answer = await tell.wait(String(i));
    order.push(answer);
    return answer;
  });
  for (let i = 11; i >= 0; i--) {
    gates[i]?.open(`answer ${i}`);
    await calls[i];
  }
  expect(await Promise.all(calls)).toEqual(gates.map((_, i) => `answer ${i}`));
  expect(order).toEqual(gates.map((_, i) => `answer ${11 - i}`));
});

test("handlers may be plain, async and generator functions", async () => {
  const { dial } = await start({
    double: (input) => input * 2,
    store: async ({ id }) => `async ${id}`,
    *wait(input) {
      yield* sleep(1);
      return `generator ${input}`;
    },
    fire: (input) => go(() => `fiber ${input}`) as PromiseLike<string>,
  });
  const tell = await dial();
  expect(await tell.double(21)).toBe(42);
  expect(await tell.store({ id: 1, title: "" })).toBe("async 1");
  expect(await tell.wait("a")).toBe("generator a");
  expect(await tell.fire("b")).toBe("fiber b");
});

test("plain data of every kind arrives as it was sent", async () => {
  const { dial } = await start();
  const tell = await dial();
  const data = {
    list: [1, -1, 1.5, 2 ** 40, null, true],
    text: "é\u{1f600}".repeat(50),
    at: new Date(1e12),
    none: undefined,
  };
  expect(await tell.echo(data)).toEqual(data);
  expect(await tell.echo(new Uint8Array([1, 2, 3]))).toStrictEqual(new Uint8Array([1, 2, 3]));
  expect(await tell.echo(2n ** 63n)).toBe(2n ** 63n);
  expect(await tell.echo({ constructor: 1, toString: "x" })).toEqual({ constructor: 1, toString: "x" });
});

test("what cannot travel is refused before it is sent, with the path to it", async () => {
  const { dial, server } = await start();
  const tell = await dial();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const wrong = [() => 1, { a: [new Map()] }, new Float64Array(1), 2n ** 70n, circle, JSON.parse('{"__proto__":1}')];
  for (const input of wrong) expect((await failure(tell.echo(input))).code).toBe("INVALID_INPUT");
  expect((await failure(tell.echo({ a: [new Map()] }))).message).toContain("the input.a.0: Map cannot travel");
  expect(server.statistics().answered).toBe(0);
});

test("messages over many Noise messages arrive whole, and calls beside them", async () => {
  const { dial } = await start();
  const tell = await dial();
  const big = "x".repeat(900_000);
  const answers = await Promise.all([tell.echo(big), tell.double(4), tell.echo(big.slice(1)), tell.double(5)]);
  expect(answers.map((answer) => (typeof answer === "string" ? answer.length : answer))).toEqual([
    900_000, 8, 899_999, 10,
  ]);
});

test("a call and an answer over the limit fail alone, and the line goes on", async () => {
  const { dial } = await start({ echo: () => "x".repeat(5000) }, { maxMessageBytes: 4096 });
  const tell = await dial();
  expect((await failure(tell.wait("x".repeat(5000)))).code).toBe("TOO_LARGE");
  expect((await failure(tell.echo(1))).code).toBe("ANSWER_TOO_LARGE");
  expect(await tell.double(1)).toBe(2);
});

test("schemas may be asynchronous, and their output is what arrives", async () => {
  const twice = contract({ twice: method({ input: doubled, output: doubled }), none: method({ output: number }) });
  const { port, psk, keys } = await start();
  expect((await failure(dial(twice, { port, psk, key: keys.privateKey }).then((tell) => tell.twice(1)))).code).toBe(
    "UNKNOWN_METHOD",
  );
  const options = { port: 0, key: generateKeys().privateKey, psk, peers: [{ key: keys.publicKey }] };
  await using server = await hemple(twice, { twice: (input) => input + 1, none: () => "x" as never }, options);
  await using tell = await dial(twice, { port: server.address.port, psk, key: keys.privateKey });
  expect(await tell.twice(5)).toBe(22);
  expect(await failure(tell.none())).toMatchObject({ code: "INVALID_OUTPUT", remote: true, issues: undefined });
});

test("an issue list that does not fit is cut to the first issue", async () => {
  const choosy = contract({ pick: method({ input: picky }) });
  const { psk, keys } = await start();
  const options = { port: 0, key: keys.privateKey, psk, peers: [{ key: keys.publicKey }], maxMessageBytes: 4096 };
  await using server = await hemple(choosy, { pick() {} }, options);
  await using tell = await dial(choosy, { port: server.address.port, psk, key: keys.privateKey });
  const error = await failure(tell.pick(1));
  expect(error).toMatchObject({ code: "INVALID_INPUT", issues: undefined });
  expect(error.message).toMatch(/^pick refused its input at p{200}/);
});

test("an error of a handler keeps the line", async () => {
  const { dial } = await start({
    wait() {
      throw new HempleError("NO_TASK", "there is no such task");
    },
  });
  const tell = await dial();
  expect(await failure(tell.wait("a"))).toMatchObject({
    code: "NO_TASK",
    message: "there is no such task",
    remote: true,
  });
  expect(await tell.double(4)).toBe(8);
});

test("a deadline rejects with DEADLINE and cancels the handler", async () => {
  const ended = gate();
  const { dial } = await start({
    *wait() {
      try {
        yield* channel<string>().take();
        return "never";
      } finally {
        ended.open("cancelled");
      }
    },
  });
  const tell = await dial();
  expect((await failure(tell.wait("a", { deadlineMs: 20 }))).code).toBe("DEADLINE");
  expect(await ended.opened).toBe("cancelled");
  expect(await tell.double(2)).toBe(4);
});

test("aborting a call rejects with the signal's reason and aborts call.signal", async () => {
  const there = gate();
  const { dial } = await start({
    wait: (_, { signal }) => {
      there.enter();
      signal.addEventListener("abort", () => there.open("aborted"));
      return new Promise<string>(() => {});
    },
  });
  const tell = await dial();
  const abort = new AbortController();
  const call = failure(tell.wait("a", { signal: abort.signal }));
  await there.entered;
  const reason = new Error("enough");
  abort.abort(reason);
  expect(await call).toBe(reason);
  expect(await there.opened).toBe("aborted");
  expect(await failure(tell.double(1, { signal: abort.signal }))).toBe(reason);
});

test("a fiber that is cancelled while it waits for an answer cancels the call", async () => {
  const there = gate();
  const { dial } = await start({
    wait: (_, { signal }) => {
      there.enter();
      signal.addEventListener("abort", () => there.open("aborted"));
      return there.opened;
    },
  });
  const tell = await dial();
  const fiber = go(function* () {
    return yield* scope(function* () {
      return yield* tell.wait("a");
    });
  });
  await there.entered;
  fiber.cancel("enough");
  expect((await failure(fiber)).code).toBe("CANCELLED");
  expect(await there.opened).toBe("aborted");
});

test("the handler knows its caller, its roles and its deadline", async () => {
  const { dial, keys } = await start({
    wait: (_, { peer, roles, deadline }) => {
      const own = Buffer.from(peer.key).equals(Buffer.from(keys.publicKey));
      return `${own} ${roles.join()} ${(deadline ?? 0) > Date.now()}`;
    },
  });
  const tell = await dial();
  expect(await tell.wait("a", { deadlineMs: 5000 })).toBe("true owner true");
});

test("wrong options of a call reject, and nothing is sent", async () => {
  const { dial } = await start();
  const tell = await dial();
  const misspelt = { deadlinMs: 5 } as never;
  expect(await failure(tell.double(1, misspelt))).toMatchObject({ code: "UNKNOWN_OPTION" });
  expect((await failure(tell.double(1, { deadlineMs: Number.NaN }))).code).toBe("BAD_OPTION");
  expect(lineOf(tell).statistics()).toMatchObject({ sent: 0, waiting: 0 });
});
