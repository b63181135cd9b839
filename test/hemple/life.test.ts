import { channel, giveSupervisor, go, scope, supervise } from "@good-place/channel";
import { dial, fingerprint, generateKeys, hemple, lineOf, publicKey } from "@good-place/hemple";
import { expect, onTestFinished, test } from "vitest";
import { failure, gate, office, plain, start } from "./office.js";

test("disposing a client frees its waiters and cancels their handlers", async () => {
  const there = gate();
  const { dial, next } = await start({
    wait: (_, { signal }) => {
      there.enter();
      signal.addEventListener("abort", () => there.open("aborted"));
      return new Promise<string>(() => {});
    },
  });
  const tell = await dial();
  const call = failure(tell.wait("a"));
  await there.entered;
  await tell[Symbol.asyncDispose]();
  expect((await call).code).toBe("CLOSED");
  expect(await there.opened).toBe("aborted");
  expect((await next("close")).code).toBe("BYE");
  expect((await failure(tell.double(1))).code).toBe("CLOSED");
});

test("drain lets calls in flight finish, refuses new ones, and then closes", async () => {
  const there = gate();
  const { dial, server, port, psk, keys } = await start({
    wait: () => {
      there.enter();
      return there.opened;
    },
  });
  const tell = await dial();
  const call = tell.wait("a");
  await there.entered;
  const drained = server.drain({ deadlineMs: 20_000 });
  // Sent before the server's word has arrived, refused by the server; after it, refused here.
  expect((await failure(tell.double(1))).code).toBe("DRAINING");
  expect((await failure(tell.double(1))).code).toBe("DRAINING");
  expect((await failure(dial({ port, psk, key: keys.privateKey }))).code).toBe("UNREACHABLE");
  there.open("finished");
  expect(await call).toBe("finished");
  await drained;
  expect((await lineOf(tell).closed).code).toBe("BYE");
  expect(server.statistics()).toMatchObject({ connections: 0, calls: 0, answered: 1, failed: 1 });
});

test("drain cuts what is left at its deadline, also when it is called again with a shorter one", async () => {
  const there = gate();
  const { dial, server } = await start({
    wait: () => {
      there.enter();
      return new Promise<string>(() => {});
    },
  });
  const tell = await dial();
  const call = failure(tell.wait("a"));
  await there.entered;
  const patient = server.drain({ deadlineMs: 25_000 });
  await server.drain({ deadlineMs: 1 });
  await patient;
  expect((await call).code).toBe("CLOSED");
  expect((await lineOf(tell).closed).code).toBe("TRUNCATED");
});

test("a drain is a signal, and when it is over the supervisor has the last signal of every peer", async () => {
  const over = gate();
  // A supervisor that takes one signal after another, and its time for each.
  const signals = channel<{ readonly tag: string; readonly peer?: { readonly connection: string } }>();
  const came: { readonly tag: string; readonly peer?: { readonly connection: string } }[] = [];
  const worker = supervise(signals, async (signal) => {
    came.push(signal);
    await new Promise((resolve) => setTimeout(resolve, 2));
  });
  onTestFinished(() => worker.cancel("the test is over"));
  const { dial, server } = await start({ wait: () => over.opened }, { supervisor: signals });
  const clients = await Promise.all(Array.from({ length: 30 }, () => dial()));
  for (const tell of clients) void Promise.allSettled(Array.from({ length: 5 }, () => tell.double(1)));
  await clients[0]?.double(1);
  // Some are gone, some go, some stay, and one is in a call.
  for (const tell of clients.slice(0, 10)) await tell[Symbol.asyncDispose]();
  for (const tell of clients.slice(10, 20)) void tell[Symbol.asyncDispose]();
  const last = clients.at(-1);
  const call = last?.wait("a");
  await last?.double(1);
  const draining = server.drain({ deadlineMs: 25_000 });
  over.open("answered");
  expect(await call).toBe("answered");
  await draining;
  const of = (tag: string): unknown[] => came.filter((one) => one.tag === tag).map(({ peer }) => peer?.connection);
  expect(of("conn")).toHaveLength(30);
  expect(new Set(of("close"))).toEqual(new Set(of("conn")));
  expect(came.find(({ tag }) => tag === "drain")).toMatchObject({ calls: 1, deadlineMs: 25_000 });
});

test("drain waits for a handler that goes on after its caller has left", async () => {
  const [there, over] = [gate(), gate()];
  const { dial, server, next } = await start({
    async wait() {
      there.enter();
      return await over.opened;
    },
  });
  const tell = await dial();
  void failure(tell.wait("a"));
  await there.entered;
  await tell[Symbol.asyncDispose]();
  await next("close");
  let drained = false;
  const draining = server.drain({ deadlineMs: 25_000 }).then(() => {
    drained = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(drained).toBe(false);
  over.open("written");
  await draining;
  expect(server.statistics().calls).toBe(0);
});

test("drain refuses options that it has not", async () => {
  const { server } = await start();
  expect((await failure(server.drain({ deadlineMS: 5 } as never))).code).toBe("UNKNOWN_OPTION");
  expect((await failure(server.drain({ deadlineMs: -1 }))).code).toBe("BAD_OPTION");
});

test("after a restart of the server the old client says CLOSED and a new dial works", async () => {
  const key = generateKeys();
  const { psk, keys } = await start();
  const options = { key: key.privateKey, psk, peers: [{ key: keys.publicKey }] };
  const first = await hemple(office, plain, { ...options, port: 0 });
  const { port } = first.address;
  const to = { port, psk, key: keys.privateKey, serverKey: key.publicKey };
  await using old = await dial(office, to);
  expect(await old.double(1)).toBe(2);
  await first[Symbol.asyncDispose]();
  await using _second = await hemple(office, plain, { ...options, port });
  await lineOf(old).closed;
  expect((await failure(old.double(1))).code).toBe("CLOSED");
  await using renewed = await dial(office, to);
  expect(await renewed.double(2)).toBe(4);
});

test("conn and close name the peer and its fiber", async () => {
  const { dial, next, keys } = await start();
  const tell = await dial();
  const conn = await next("conn");
  expect(conn).toMatchObject({
    peer: { roles: ["owner"], fingerprint: fingerprint(keys.publicKey), connection: "c1" },
  });
  await tell[Symbol.asyncDispose]();
  const close = await next("close");
  expect(close).toMatchObject({ code: "BYE", peer: { connection: "c1" } });
  expect(close.fiber).toBe(conn.fiber);
});

test("cancelling a peer's fiber closes its connection", async () => {
  const { dial, next } = await start();
  const tell = await dial();
  (await next("conn")).fiber?.cancel("out");
  expect((await lineOf(tell).closed).code).toBe("TRUNCATED");
  expect((await next("close")).code).toBe("LEFT");
});

test("a throwing handler is an error signal, and the server goes on", async () => {
  const { dial, next } = await start({
    wait() {
      throw new Error("the disk is full");
    },
  });
  const tell = await dial();
  const error = await failure(tell.wait("a"));
  const signal = await next("error");
  expect(signal).toMatchObject({ method: "wait", callId: error.callId, error: { message: "the disk is full" } });
  expect(await tell.double(3)).toBe(6);
});

test("an emergence reaches the supervisor, and the handler waits for its answer", async () => {
  const { dial, next } = await start({ act: (input, call) => call.emerge({ name: input }, 2) as never });
  const tell = await dial();
  const call = tell.act("start");
  const signal = await next("emergence");
  expect(signal.acts).toEqual([{ name: "start" }, 2]);
  signal.settle?.();
  expect(await call).toBe(undefined);
});

test("the refusal of an emergence reaches the caller with its code", async () => {
  const { dial, next } = await start({
    *act(input, call) {
      yield* call.emerge(input);
      return undefined;
    },
  });
  const tell = await dial();
  const call = failure(tell.act("start"));
  (await next("emergence")).settle?.(Object.assign(new Error("the task has ended"), { code: "TASK_ENDED" }));
  expect(await call).toMatchObject({ code: "TASK_ENDED", message: "the task has ended" });
});

test("without a supervisor, and with a closed one, an emergence fails with NO_SUPERVISOR", async () => {
  for (const supervisor of [null, channel().close()]) {
    const { dial } = await start({ act: (input, call) => call.emerge(input) as never }, { supervisor });
    const tell = await dial();
    expect((await failure(tell.act("start"))).code).toBe("NO_SUPERVISOR");
  }
});

test("a supervisor that takes nothing does not stop calls, until so much is unread that they are refused", async () => {
  const supervisor = channel();
  const { dial } = await start({}, { supervisor });
  const tell = await dial();
  let refused: unknown;
  for (let i = 0; i < 100 && refused === undefined; i++) {
    const calls = Array.from({ length: 100 }, () => tell.double(1));
    const failed = (await Promise.allSettled(calls)).find(({ status }) => status === "rejected");
    refused = (failed as PromiseRejectedResult | undefined)?.reason;
    if (i < 40) expect(refused).toBe(undefined);
  }
  expect(refused).toMatchObject({ code: "OVERLOADED" });
  expect(await supervisor.take()).toMatchObject({ tag: "handshake" });
  expect(await supervisor.take()).toMatchObject({ tag: "conn" });
});

test("a call whose fiber somebody cancels is answered with CANCELLED", async () => {
  const { dial, next } = await start({
    *wait() {
      yield* giveSupervisor({ tag: "there" });
      yield* channel<string>().take();
      return "never";
    },
  });
  const tell = await dial();
  const call = failure(tell.wait("a"));
  (await next("there")).fiber?.cancel("enough");
  expect(await call).toMatchObject({ code: "CANCELLED", remote: true });
});

test("a server that is started in a scope does not hold the scope open", async () => {
  const { psk, keys } = await start();
  const options = { port: 0, key: keys.privateKey, psk, peers: [{ key: keys.publicKey }] };
  const started = go(() => scope(() => hemple(office, plain, options)));
  await using server = await started;
  await using tell = await dial(office, { port: server.address.port, psk, key: keys.privateKey });
  expect(await tell.double(2)).toBe(4);
});

test("a server that cannot listen says so", async () => {
  const { port, psk, keys } = await start();
  expect((await failure(hemple(office, plain, { port, psk, key: keys.privateKey }))).code).toBe("LISTEN");
});

test("public keys and prints are those of their private keys", () => {
  const pair = generateKeys();
  expect(publicKey(pair.privateKey)).toEqual(pair.publicKey);
  expect(fingerprint(pair.publicKey)).toMatch(/^([0-9a-f]{4}-){7}[0-9a-f]{4}$/);
  expect(fingerprint(pair.publicKey)).not.toBe(fingerprint(generateKeys().publicKey));
});
