/** What a failing handler, a failing peer and a failing rule cost: one socket at most. */
import {
  channel,
  type Emergence,
  giveSupervisor,
  go,
  type Signal,
  sleep,
  supervise,
  unbounded,
} from "@good-place/channel";
import { type SocketClose, type SocketConn, TrevorError } from "@good-place/trevor";
import { expect, onTestFinished, test, vi } from "vitest";
import { deferred } from "../chidi/serving.js";
import { closeCode, endpoint, frame, peer, rawSocket } from "./socketing.js";

const quiet = (): ReturnType<typeof vi.spyOn> => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => print.mockRestore());
  return print;
};

test("a handler that throws is an error message, a close with 1011 and one error signal, and the others never notice", async () => {
  const print = quiet();
  const fail = (message: string): unknown => {
    const error = new Error("secret");
    if (message === "sync") throw error;
    if (message === "async") return Promise.reject(error);
    if (message === "fiber") return go(() => Promise.reject(error));
    return (function* () {
      yield* sleep(0);
      throw error;
    })();
  };
  const { port, next, signals } = await endpoint({
    read: (socket, message) => (message === "hello" ? socket.write(message) : fail(String(message))),
  });
  const good = await peer(port);
  for (const kind of ["sync", "async", "fiber", "generator"]) {
    const bad = await peer(port);
    bad.ws.send(kind);
    bad.ws.send("hello");
    expect(await bad.next()).toBe('{"error":{"code":"INTERNAL","message":"internal error"}}');
    expect(await bad.next()).toBeUndefined();
    expect(await bad.closed).toEqual({ code: 1011, reason: "internal error" });
    await next("close");
    good.ws.send("hello");
    expect(await good.next()).toBe("hello");
  }
  const errors = signals.filter(({ tag }) => tag === "error");
  expect(errors).toHaveLength(4);
  for (const error of errors) expect(error).toMatchObject({ phase: "read", error: { message: "secret" }, socket: {} });
  // The server's rule above has taken them.
  expect(print).not.toHaveBeenCalled();
});

test("connect that throws closes the socket before anything is read, and closed still runs", async () => {
  quiet();
  const order: unknown[] = [];
  const { port, next } = await endpoint({
    connect: () => {
      throw new TrevorError("NO_ROOM", "there is no such room");
    },
    read: () => order.push("read"),
    closed: (_, { code }) => order.push(code),
  });
  const { ws, next: message } = await peer(port);
  ws.send("x");
  expect(await message()).toBe('{"error":{"code":"NO_ROOM","message":"there is no such room"}}');
  expect(await next("error")).toMatchObject({ phase: "connect" });
  await next("close");
  expect(order).toEqual([1011]);
});

test("closed that throws is an error signal, and close follows it", async () => {
  quiet();
  const { port, next } = await endpoint({ closed: () => Promise.reject(new Error("late")) });
  (await peer(port)).ws.close();
  expect(await next("error")).toMatchObject({ phase: "closed" });
  expect(await next("close")).toMatchObject({ closing: { code: 1005, clean: true } });
});

test("a rule of the user replaces what becomes of an error, and reading waits for it", async () => {
  const gate = deferred();
  const got: unknown[] = [];
  const { port } = await endpoint({
    read(socket, message) {
      got.push(message);
      if (message === "bad") throw new Error("bad");
      void socket.write("on");
    },
    rules: [[{ tag: "error" }, () => gate.promise]],
  });
  const { ws, next } = await peer(port);
  ws.send("bad");
  ws.send("good");
  await expect.poll(() => got).toEqual(["bad"]);
  gate.resolve();
  expect(await next()).toBe("on");
});

test("a socket is conn, then close, of one fiber, which is neither the connection's", async () => {
  const { port, next, serving } = await endpoint();
  const { ws } = await peer(port, { headers: { "x-who": "me" } });
  const conn = (await next("conn")) as unknown as SocketConn;
  expect(conn.socket.request.headers.get("x-who")).toBe("me");
  ws.close(4001, "bye");
  expect(await next("close")).toMatchObject({
    fiber: conn.socket.fiber,
    closing: { code: 4001, reason: "bye", clean: true },
  });
  expect((await serving.next("close")).fiber).not.toBe(conn.socket.fiber);
});

test("emergences go up through the server to its supervisor, and settle whoever asked", async () => {
  const flow = channel<Emergence>(8);
  void supervise(flow, (signal) => signal.settle?.(signal.acts.length > 1 ? new Error("refused") : undefined));
  onTestFinished(() => void flow.close());
  const { port, serving } = await endpoint({
    server: { supervisor: flow },
    read: async (socket, message) => {
      const acts = String(message).split(" ");
      await socket.write(
        await socket.emerge(...acts).then(
          () => "done",
          (error) => error.message,
        ),
      );
    },
  });
  const { ws, next } = await peer(port);
  ws.send("one");
  expect(await next()).toBe("done");
  ws.send("one two");
  expect(await next()).toBe("refused");
  expect(serving.signals.filter(({ tag }) => tag === "emergence")).toHaveLength(2);
});

test("a supervisor of its own gets what no rule takes, and the server's none of it", async () => {
  const flow = channel<Signal>(unbounded());
  const { port, serving } = await endpoint({
    supervisor: flow,
    *read() {
      yield* giveSupervisor({ tag: "product" });
    },
  });
  (await peer(port)).ws.send("x");
  expect(await flow.take()).toMatchObject({ tag: "conn", socket: {} });
  expect(await flow.take()).toMatchObject({ tag: "product" });
  expect(serving.signals.map(({ tag }) => tag)).not.toContain("product");
});

test("connect that runs on as a generator is cancelled when the socket has closed", async () => {
  const cancelled = deferred();
  const { port, next, signals } = await endpoint({
    *connect(socket) {
      try {
        for (;;) {
          yield* socket.write("tick");
          yield* sleep(1);
        }
      } finally {
        cancelled.resolve();
      }
    },
  });
  const { ws, next: message } = await peer(port);
  await message();
  ws.terminate();
  await cancelled.promise;
  expect(await next("close")).toMatchObject({ closing: { code: 1006, clean: false } });
  expect(signals.map(({ tag }) => tag)).not.toContain("error");
});

// What the peer does, first byte, payload, and the code that it gets.
const faults: [string, number, Uint8Array, number][] = [
  ["an invalid text", 0x81, Buffer.from([0xc3, 0x28]), 1007],
  ["a reserved bit", 0xa1, Buffer.from("x"), 1002],
  ["an unknown opcode", 0x83, Buffer.from("x"), 1002],
  ["a fragmented ping", 0x09, Buffer.from("x"), 1002],
  ["a ping of 126 bytes", 0x89, Buffer.alloc(126), 1002],
  ["a continuation of nothing", 0x80, Buffer.from("x"), 1002],
  ["a close with 1005", 0x88, Buffer.from([3, 237]), 1002],
  ["a close of one byte", 0x88, Buffer.from([3]), 1002],
  ["a close with an invalid reason", 0x88, Buffer.from([3, 232, 0xc3, 0x28]), 1007],
];
test.each(faults)("%s closes its socket with the code that is due", async (_, first, payload, code) => {
  const { port, next, signals } = await endpoint({ read: (socket, message) => socket.write(message) });
  const good = await peer(port);
  const socket = await rawSocket(port);
  const closed = closeCode(socket);
  socket.write(frame(first, payload));
  expect(await closed).toBe(code);
  socket.end();
  expect(await next("close")).toMatchObject({ closing: { code } });
  expect(signals.map(({ tag }) => tag)).not.toContain("error");
  good.ws.send("still");
  expect(await good.next()).toBe("still");
});

test("an unmasked frame is 1002, and a message over the limit 1009 by its declared length", async () => {
  const { port, next } = await endpoint({ maxPayload: 1000 });
  const unmasked = await rawSocket(port);
  unmasked.write(frame(0x81, Buffer.from("x"), false));
  expect(await closeCode(unmasked)).toBe(1002);
  const large = await rawSocket(port);
  large.write(Buffer.from([0x82, 0xfe, 3, 233, 0, 0, 0, 0]));
  expect(await closeCode(large)).toBe(1009);
  const huge = await rawSocket(port);
  huge.write(Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  expect(await closeCode(huge)).toBe(1009);
  huge.end();
  for (;;) {
    const { closing } = (await next("close")) as unknown as SocketClose;
    if (closing.reason !== "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH") continue;
    expect(closing.code).toBe(1009);
    return;
  }
});
