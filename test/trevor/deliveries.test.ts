/** What is acknowledged to the server's side: what its clients have, and what becomes of the rest. */
import { channel, type Signal, unbounded } from "@good-place/channel";
import { type Socket, trevor } from "@good-place/trevor";
import { expect, test } from "vitest";
import { deferred } from "../chidi/serving.js";
import { client, line } from "./cutting.js";
import { type Endpoint, endpoint, peer } from "./socketing.js";

async function sessions(options: object): Promise<Endpoint & { socket: Promise<Socket> }> {
  const { promise: socket, resolve } = deferred<Socket>();
  return { ...(await endpoint({ resume: {}, connect: resolve, ...options })), socket };
}

test("deliver settles when the client has the message, over a connection that was cut on the way too", async () => {
  const { port, socket } = await sessions({});
  const wire = await line(port);
  const { messages, changes } = client(wire.port);
  const live = await socket;
  await live.deliver("one");
  expect(messages.statistics().size).toBe(1);
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const settled: string[] = [];
  const two = live.deliver("two").then(() => settled.push("two"));
  const three = live.deliver(new Uint8Array([3])).then(() => settled.push("three"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(settled).toEqual([]);
  wire.pass(true);
  await Promise.all([two, three]);
  expect(settled).toEqual(["two", "three"]);
  expect([await messages.take(), await messages.take(), await messages.take()]).toEqual([
    "one",
    "two",
    new Uint8Array([3]),
  ]);
});

test("a delivery waits for a client whose messages nobody takes", async () => {
  const { port, socket } = await sessions({});
  const { messages } = client(port, { buffer: 1 });
  const live = await socket;
  await live.deliver("1");
  let settled = false;
  const second = live.deliver("2").then(() => {
    settled = true;
  });
  await expect.poll(() => messages.statistics().parkedGives).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(settled).toBe(false);
  expect(await messages.take()).toBe("1");
  await second;
});

test("deliver to a client without a session fails with NO_SESSION, and nothing is sent", async () => {
  const { port, socket } = await sessions({});
  const { ws, next } = await peer(port);
  const live = await socket;
  await expect(live.deliver("never")).rejects.toMatchObject({ code: "NO_SESSION" });
  await live.write("after");
  expect(await next()).toBe("after");
  expect(() => live.deliver({})).toThrow(expect.objectContaining({ code: "BAD_MESSAGE" }));
  ws.close();
});

test("what had been sent when a session ends is LOST, and what had not is CLOSED", async () => {
  const { port, socket, next } = await sessions({ resume: { keepMs: 1 } });
  const wire = await line(port);
  const { changes } = client(wire.port, { buffer: 1 });
  const live = await socket;
  await live.deliver("had");
  // The second is at the client, whose buffer is full.
  const sent = live.deliver("sent");
  await live.ping();
  const window = Array.from({ length: 300 }, () => live.deliver("window"));
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const unsent = live.deliver("unsent");
  await next("close");
  await expect(sent).rejects.toMatchObject({ code: "LOST" });
  await expect(window[0]).rejects.toMatchObject({ code: "LOST" });
  await expect(window[299]).rejects.toMatchObject({ code: "CLOSED" });
  await expect(unsent).rejects.toMatchObject({ code: "CLOSED" });
  await expect(live.deliver("after")).rejects.toMatchObject({ code: "CLOSED" });
});

test.each(["close", "drop"] as const)("a delivery that overflows under %s fails with QUEUE_FULL", async (overflow) => {
  const { port, socket } = await sessions({ overflow, resume: { maxMessages: 2, keepMs: 60_000 } });
  const wire = await line(port);
  const { changes } = client(wire.port);
  const live = await socket;
  await live.deliver("first");
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  void live.deliver("1");
  void live.deliver("2");
  await expect(live.deliver("3")).rejects.toMatchObject({ code: "QUEUE_FULL" });
});

test("deliveries that wait for their turn are delivered in their order, and end with the socket", async () => {
  const { port, socket } = await sessions({ overflow: "wait", resume: { maxMessages: 2, keepMs: 60_000 } });
  const wire = await line(port);
  const { changes, messages } = client(wire.port);
  const live = await socket;
  await live.deliver("0");
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const turn = ["1", "2", "3", "4", "5"].map((text) => live.deliver(text));
  wire.pass(true);
  await Promise.all(turn);
  const got: unknown[] = [];
  for await (const message of messages) if (got.push(message) === 6) break;
  expect(got).toEqual(["0", "1", "2", "3", "4", "5"]);
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const [, , third] = ["6", "7", "8"].map((text) => live.deliver(text));
  void live.close(4000);
  await expect(third).rejects.toMatchObject({ code: "CLOSED" });
});

test("of more sessions than max whose clients are away, the one that has been so longest is closed", async () => {
  const closes = channel<Signal>(unbounded());
  const ids: number[] = [];
  const { port, live, next } = await endpoint({
    resume: { max: 2 },
    connect: (socket) => void ids.push(socket.id),
    closed: (socket, closing) => void closes.tryGive({ tag: "closed", id: socket.id, closing } as never),
  });
  const wires = [];
  for (let i = 0; i < 4; i++) {
    const wire = await line(port);
    const { deliver, changes } = client(wire.port);
    await deliver("x");
    wires.push({ wire, deliver, changes });
  }
  const [first, second, third, fourth] = wires as [
    (typeof wires)[0],
    (typeof wires)[0],
    (typeof wires)[0],
    (typeof wires)[0],
  ];
  first.wire.pass(false);
  await expect.poll(() => live.statistics().away).toBe(1);
  second.wire.pass(false);
  await expect.poll(() => live.statistics().away).toBe(2);
  // Back again: it is the last to go now.
  first.wire.pass(true);
  await first.deliver("back");
  first.wire.pass(false);
  await expect.poll(() => live.statistics().away).toBe(2);
  third.wire.pass(false);
  expect(await next("close")).toMatchObject({ closing: { code: 1006, reason: "too many away" } });
  expect(await closes.take()).toMatchObject({ id: ids[1] });
  expect(live.statistics()).toMatchObject({ sockets: 3, away: 2 });
  await fourth.deliver("still here");
  first.wire.pass(true);
  await first.deliver("and I");
});

test("drain refuses a deadline that is no time, and keeps one that is", async () => {
  const live = trevor({ path: "/live" });
  for (const deadlineMs of [Number.NaN, -1, 2 ** 31, "1", null]) {
    expect(() => live.drain({ deadlineMs } as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => live.drain({ deadline: 1 } as never)).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  await live.drain({ deadlineMs: 0 });
});
