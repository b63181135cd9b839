/** Sessions: a socket that outlives its connections, from both sides, over connections that are cut. */
import { CLOSED } from "@good-place/channel";
import { chidi } from "@good-place/chidi";
import { type Closing, type Socket, trevor } from "@good-place/trevor";
import { connect, type WebSocketMaker } from "@good-place/trevor/client";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { client, line } from "./cutting.js";
import { endpoint, peer } from "./socketing.js";

test("two hundred random cuts lose nothing, repeat nothing and keep the order, both ways", async () => {
  const total = 4000;
  const heard: number[] = [];
  const seen = { connected: 0, closed: 0 };
  let answered: Promise<unknown> = Promise.resolve();
  const { port } = await endpoint({
    resume: { maxMessages: 10_000 },
    connect: () => void seen.connected++,
    read: (socket, message) => {
      heard.push(Number(message));
      answered = Promise.resolve(socket.write(`${message}!`));
    },
    closed: () => void seen.closed++,
  });
  const wire = await line(port);
  const { deliver, messages, statistics } = client(wire.port, { resume: { maxMessages: 10_000 } });
  const got: number[] = [];
  const reading = (async () => {
    for await (const message of messages) if (got.push(Number.parseInt(String(message), 10)) === total) return;
  })();
  const delivered: PromiseLike<void>[] = [];
  for (let cuts = 0; cuts < 200; cuts++) {
    for (let i = 0; i < total / 200; i++) delivered.push(deliver(String(delivered.length)));
    const { connections } = statistics();
    // Now and then in the middle of the resume, else with messages on the way.
    if (Math.random() < 0.7) await expect.poll(() => statistics().connections, { interval: 1 }).toBeGreaterThan(0);
    for (let turn = Math.floor(Math.random() * 8); turn > 0; turn--) await new Promise(setImmediate);
    wire.cut();
    if (Math.random() < 0.5) {
      await expect.poll(() => statistics().connections, { interval: 1, timeout: 20_000 }).toBeGreaterThan(connections);
    }
  }
  await Promise.all(delivered);
  await reading;
  await answered;
  const all = Array.from({ length: total }, (_, i) => i);
  expect(heard).toEqual(all);
  expect(got).toEqual(all);
  expect(seen).toEqual({ connected: 1, closed: 0 });
  expect(statistics()).toMatchObject({ lost: 0, received: total });
});

// Node's own, where it has one, is the browsers' in all that a client sees.
const makers = [WebSocket, ...("WebSocket" in globalThis ? [globalThis.WebSocket] : [])].map((made, i) => ({
  name: i === 0 ? "ws" : "the global WebSocket",
  WebSocket: made as unknown as WebSocketMaker,
}));

test.each(makers)(
  "with $name what is written while the peer is away arrives when it is back, and rooms are kept",
  async (maker) => {
    let socket: Socket | undefined;
    const { port, live } = await endpoint({
      resume: {},
      connect: (opened) => {
        socket = opened;
        opened.join("office");
      },
      read: (_, message) => void heard.push(String(message)),
    });
    const heard: string[] = [];
    const wire = await line(port);
    const { write, deliver, messages, changes } = client(wire.port, { WebSocket: maker.WebSocket });
    await deliver("first");
    wire.pass(false);
    for await (const status of changes) if (status === "waiting") break;
    expect(await write("away")).toBe(true);
    expect(await socket?.write("to whom?")).toBe(true);
    expect(await socket?.write(new Uint8Array([1, 2]))).toBe(true);
    expect(await socket?.write("\u0001l")).toBe(true);
    expect(live.broadcast("office", "\u0001all")).toBe(1);
    expect(live.statistics()).toMatchObject({ sockets: 1, opened: 1 });
    wire.pass(true);
    await deliver("\u0001last");
    expect(heard).toEqual(["first", "away", "\u0001last"]);
    const got = [await messages.take(), await messages.take(), await messages.take(), await messages.take()];
    expect(got).toEqual(["to whom?", new Uint8Array([1, 2]), "\u0001l", "\u0001all"]);
  },
);

test("a client that does not come back in time has its socket closed, and is told when it comes", async () => {
  const heard: string[] = [];
  let finish = (): void => {};
  const { port, next } = await endpoint({
    resume: { keepMs: 1 },
    read: (_, message) => {
      heard.push(String(message));
      return heard.length > 1 ? undefined : new Promise<void>((resolve) => (finish = resolve));
    },
  });
  const wire = await line(port);
  const { deliver, changes, statistics } = client(wire.port);
  const sent = deliver("sent");
  await expect.poll(() => heard).toEqual(["sent"]);
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const unsent = deliver("unsent");
  finish();
  expect(await next("close")).toMatchObject({ closing: { code: 1006, reason: "not resumed", clean: false } });
  wire.pass(true);
  await expect(sent).rejects.toMatchObject({ code: "LOST" });
  for await (const status of changes) if (status === "lost") break;
  await unsent;
  expect(heard).toEqual(["sent", "unsent"]);
  expect(statistics()).toMatchObject({ lost: 1 });
});

test("a server that began again has lost the session; what no connection has had goes over to the next", async () => {
  const heard: string[] = [];
  const live = trevor({ path: "/live", resume: {}, read: (_, message) => void heard.push(String(message)) });
  const first = await chidi({ port: 0, handler: () => "x", sockets: [live] });
  const { port } = first.address as { port: number };
  const { deliver, changes, statistics } = client(port);
  await deliver("before");
  await first.drain();
  for await (const status of changes) if (status === "waiting") break;
  const meanwhile = deliver("meanwhile");
  await using _second = await chidi({ port, handler: () => "x", sockets: [live] });
  await meanwhile;
  expect(heard).toEqual(["before", "meanwhile"]);
  expect(statistics()).toMatchObject({ lost: 1, connections: 2 });
});

test("both queues are bounded: the client's refuses or drops, the server's does as overflow says", async () => {
  const closings: Closing[] = [];
  let socket: Socket | undefined;
  const { port } = await endpoint({
    resume: { maxMessages: 2 },
    connect: (opened) => {
      socket = opened;
    },
    closed: (_, closing) => void closings.push(closing),
  });
  const wire = await line(port);
  const refusing = client(wire.port, { resume: { maxMessages: 2 } });
  await refusing.deliver("x");
  wire.pass(false);
  for await (const status of refusing.changes) if (status === "waiting") break;
  expect([await refusing.write("1"), await refusing.write("2"), await refusing.write("3")]).toEqual([
    true,
    true,
    false,
  ]);
  await expect(refusing.deliver("4")).rejects.toMatchObject({ code: "QUEUE_FULL" });

  const dropping = client(wire.port, { resume: { maxMessages: 2, overflow: "drop" } });
  const oldest = dropping.deliver("1");
  expect([await dropping.write("2"), await dropping.write("3")]).toEqual([true, true]);
  await expect(oldest).rejects.toMatchObject({ code: "QUEUE_FULL" });
  await dropping.close();

  void socket?.write("1");
  void socket?.write("2");
  expect(await socket?.write("3")).toBe(false);
  await expect.poll(() => closings).toMatchObject([{ code: 1013, clean: false }]);
});

test("whoever waits for the other side before it takes more is not stuck behind what it has not taken", async () => {
  const { port } = await endpoint({
    resume: { maxMessages: 50 },
    overflow: "wait",
    connect: (socket) => {
      for (let i = 0; i < 400; i++) void socket.write("out");
    },
    read: (socket, message) => (message === "echo" ? socket.write("echo") : undefined),
  });
  const { messages, deliver } = client(port, { buffer: 1 });
  for (let count = 0; count < 400; count++) {
    expect(await messages.take()).toBe("out");
    await deliver("in");
  }
  const delivered = Array.from({ length: 400 }, () => deliver("echo"));
  for (let count = 0; count < 400; count++) expect(await messages.take()).toBe("echo");
  await Promise.all(delivered);
});

test("close of either side ends the session: its handlers run, and what was not acknowledged is told of", async () => {
  const { port, next } = await endpoint({ resume: {}, read: (socket, message) => socket.close(4000, String(message)) });
  const ours = client(port);
  await ours.write("hm");
  for await (const status of ours.changes) if (status === "open") break;
  const never = ours.deliver("never");
  await ours.close(4001, "bye");
  await expect(never).rejects.toMatchObject({ code: "LOST" });
  await expect(ours.deliver("after")).rejects.toMatchObject({ code: "CLOSED" });
  expect(await ours.write("after")).toBe(false);
  await next("close");

  const theirs = client(port, { retry: { stop: (code, reason) => code === 4000 && reason === "go" } });
  void theirs.write("go");
  expect(await theirs.messages.take()).toBe(CLOSED);
  expect(theirs.status).toBe("closed");
});

test("clients that do not ask get sockets as ever, and a peer that breaks the protocol is closed with 1002", async () => {
  const { port } = await endpoint({ resume: {}, protocols: ["chat"], read: (s, m) => s.write(`${s.protocol} ${m}`) });
  const plain = await peer(port, { protocols: ["chat"] });
  plain.ws.send("\u0001t99");
  expect(await plain.next()).toBe("chat \u0001t99");

  const id = "x".repeat(22);
  for (const said of [
    ["hello"],
    [`\u0001hnew ${id} 0`, "\u0001t1"],
    [`\u0001hnew ${id}2 0`, "\u0001q"],
    [`\u0001hnew ${id}3 0`, `\u0001hnew ${id}3 0`],
  ]) {
    const wrong = await peer(port, { protocols: ["trevor.1"] });
    for (const text of said) wrong.ws.send(text);
    expect(await wrong.closed).toMatchObject({ code: 1002 });
  }
  const lost = await peer(port, { protocols: ["trevor.1"] });
  lost.ws.send(`\u0001hold ${id}4 0`);
  expect(await lost.next()).toBe("\u0001l");
});

test("a second connection of a session takes it over, and one that knows what was never sent ends it", async () => {
  const { port, next } = await endpoint({ resume: {}, connect: (socket) => socket.write("one") });
  const id = "y".repeat(22);
  const first = await peer(port, { protocols: ["trevor.1"] });
  first.ws.send(`\u0001hnew ${id} 0`);
  expect([await first.next(), await first.next()]).toEqual(["\u0001w0", "\u0001t0"]);
  expect(await first.next()).toBe("one");
  const second = await peer(port, { protocols: ["trevor.1"] });
  second.ws.send(`\u0001hold ${id} 0`);
  expect([await second.next(), await second.next(), await second.next()]).toEqual(["\u0001w0", "\u0001t0", "one"]);
  expect(await first.closed).toMatchObject({ code: 1006 });
  const third = await peer(port, { protocols: ["trevor.1"] });
  third.ws.send(`\u0001hold ${id} 7`);
  expect(await third.next()).toBe("\u0001l");
  expect(await next("close")).toMatchObject({ closing: { code: 1006, reason: "impossible resume" } });
});

test("options of sessions are checked", () => {
  for (const resume of [{ keepMs: 0 }, { keepMs: 2 ** 31 }, { maxBytes: 1.5 }, { max: 0 }, true]) {
    expect(() => trevor({ path: "/a", resume: resume as never })).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  }
  const WS = WebSocket as unknown as WebSocketMaker;
  for (const options of [
    { resume: false },
    { resume: { overflow: "wait" } },
    { resume: { maxBytes: 0 } },
    { resume: true, protocols: "a" },
    { retry: { stop: 1 } },
    { retry: { busyMs: -1 } },
  ]) {
    expect(() => connect("ws://a", { WebSocket: WS, ...options } as never)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  }
});
