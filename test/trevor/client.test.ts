/** The client: it comes back, keeps the order, and ends when it is told to. */
import { CLOSED, sleep } from "@good-place/channel";
import { chidi } from "@good-place/chidi";
import { trevor } from "@good-place/trevor";
import { type Client, type ConnectOptions, connect, type WebSocketMaker } from "@good-place/trevor/client";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { endpoint } from "./socketing.js";

function client<M>(port: number, options: ConnectOptions<M> = {}): Client<M> {
  const made = connect<M>(`ws://127.0.0.1:${port}/live`, {
    WebSocket: WebSocket as unknown as WebSocketMaker,
    retry: { minMs: 1, maxMs: 20 },
    ...options,
  });
  onTestFinished(async () => {
    await made.close();
  });
  return made;
}

test("messages go both ways, and what is written before the connection is there is sent when it is", async () => {
  const { port } = await endpoint({ read: (socket, message) => socket.write(message) });
  const { write, messages, changes } = client(port);
  expect(await write("one")).toBe(true);
  expect(await write(new Uint8Array([1]))).toBe(true);
  expect(await messages.take()).toBe("one");
  expect(await messages.take()).toEqual(new Uint8Array([1]));
  expect([await changes.take(), await changes.take()]).toEqual(["connecting", "open"]);
});

test("the client connects again when the server closes or goes, and waits while there is none", async () => {
  const live = trevor({ path: "/live", read: (socket, message) => socket.write(message) });
  const first = await chidi({ port: 0, handler: () => "x", sockets: [live] });
  const { port } = first.address as { port: number };
  const { write, messages, changes, statistics } = client(port);
  await write("first");
  expect(await messages.take()).toBe("first");
  await first.drain();
  for await (const status of changes) if (status === "waiting") break;
  const written = write("second");
  await using second = await chidi({ port, handler: () => "x", sockets: [live] });
  expect(await written).toBe(true);
  expect(await messages.take()).toBe("second");
  expect(statistics().connections).toBe(2);
  expect(second.statistics().connections).toBe(1);
});

test("a schema types and checks what is read, and counts what does not fit", async () => {
  const { port } = await endpoint({
    connect: async (socket) => {
      await socket.write("{");
      await socket.write('{"n":1}');
    },
  });
  const { messages, statistics } = client(port, { schema: z.object({ n: z.number() }) });
  const message = await messages.take();
  expect(message !== CLOSED && message.n).toBe(1);
  expect(statistics()).toMatchObject({ received: 1, invalid: 1 });
});

test("close ends the client at once: messages and changes close, writes are false", async () => {
  const { port, next } = await endpoint();
  const { write, messages, changes, close, status } = client(port);
  expect(status).toBe("connecting");
  await write("x");
  await close(4002, "done");
  expect(await messages.take()).toBe(CLOSED);
  for await (const _ of changes);
  expect(await write("y")).toBe(false);
  expect(await next("close")).toMatchObject({ closing: { code: 4002, reason: "done" } });
});

test("close while it connects leaves nothing behind", async () => {
  const { port, live } = await endpoint();
  const { close, messages } = client(port);
  await sleep(0);
  await close();
  expect(await messages.take()).toBe(CLOSED);
  await expect.poll(() => live.statistics().sockets).toBe(0);
});

test("a consumer that is too slow has its connection closed and made again, in order", async () => {
  let connections = 0;
  const { port } = await endpoint({
    connect: async (socket) => {
      const from = connections++ * 100;
      for (let i = 0; i < 10; i++) await socket.write(String(from + i));
    },
  });
  const { messages, statistics } = client(port, { buffer: 4 });
  await expect.poll(() => messages.statistics().parkedGives).toBe(1);
  const got: number[] = [];
  for await (const message of messages) if (got.push(Number(message)) === 12) break;
  expect(got).toEqual([...got].sort((a, b) => a - b));
  expect(statistics().connections).toBeGreaterThan(1);
});

test("a busy server is left alone for busyMs, and a close that stop knows is the last", async () => {
  const { port } = await endpoint({ read: (socket, code) => socket.close(Number(code), "enough") });
  const patient = client(port, { retry: { minMs: 1, maxMs: 2, busyMs: 60_000 } });
  await patient.write("1013");
  for await (const status of patient.changes) if (status === "waiting") break;
  expect(patient.statistics()).toMatchObject({ waitMs: 60_000, failures: 1 });

  const obedient = client(port, {
    retry: { minMs: 1, maxMs: 2, busyMs: 1, stop: (code, reason) => code === 1008 && reason === "enough" },
  });
  await obedient.write("1013");
  await expect.poll(() => obedient.statistics().connections).toBe(2);
  await obedient.write("1008");
  expect(await obedient.messages.take()).toBe(CLOSED);
  expect(obedient.status).toBe("closed");
  expect(await obedient.write("more")).toBe(false);
});

test("without any WebSocket, and with wrong options, connect throws", () => {
  const { WebSocket: former } = globalThis as { WebSocket?: unknown };
  if (former === undefined) expect(() => connect("ws://a")).toThrow(expect.objectContaining({ code: "NO_WEBSOCKET" }));
  expect(() => connect("ws://a", { protocol: "x" } as never)).toThrow(
    expect.objectContaining({ code: "UNKNOWN_OPTION" }),
  );
  for (const wrong of [{ retry: { minMs: 5, maxMs: 1 } }, { openMs: 0 }, { openMs: Number.NaN }, { openMs: 2 ** 31 }]) {
    expect(() => connect("ws://a", { WebSocket: WebSocket as never, ...wrong })).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  }
});
