/** Messages: what is read and written, in what order, and how much waits. */
import { sleep } from "@good-place/channel";
import type { Socket } from "@good-place/trevor";
import { expect, test } from "vitest";
import { z } from "zod";
import { deferred, dial, until } from "../chidi/serving.js";
import { endpoint, frame, handshake, peer, rawSocket } from "./socketing.js";

test("text is read as string and binary as Uint8Array, and write mirrors that", async () => {
  const got: unknown[] = [];
  const { port } = await endpoint({
    read: (socket, message) => {
      got.push(message);
      return socket.write(message);
    },
  });
  const { ws, next } = await peer(port);
  ws.send("grüß");
  ws.send(new Uint8Array([1, 2, 3]));
  expect(await next()).toBe("grüß");
  expect(await next()).toEqual(Buffer.from([1, 2, 3]));
  expect(got).toStrictEqual(["grüß", new Uint8Array([1, 2, 3])]);
});

test("without a schema an object is refused with BAD_MESSAGE", async () => {
  const codes: string[] = [];
  const { port, next } = await endpoint({
    connect(socket) {
      for (const wrong of [{}, 1, null, undefined]) {
        try {
          void socket.write(wrong);
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
    },
  });
  const { ws } = await peer(port);
  ws.close();
  await next("close");
  expect(codes).toEqual(Array(4).fill("BAD_MESSAGE"));
});

test("messages are read in order, one at a time, by sync, async and generator handlers", async () => {
  const order: string[] = [];
  let running = 0;
  const { port } = await endpoint({
    read(socket, message) {
      expect(++running).toBe(1);
      const done = (): void => {
        order.push(String(message));
        running--;
        if (order.length === 300) void socket.write("all");
      };
      const kind = Number(message) % 3;
      if (kind === 0) return done();
      if (kind === 1) return sleep(0).then(done);
      return (function* () {
        yield* sleep(0);
        done();
      })();
    },
  });
  const { ws, next } = await peer(port);
  for (let i = 0; i < 300; i++) ws.send(String(i));
  expect(await next()).toBe("all");
  expect(order).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
});

test("what is sent before connect has ended, with the handshake even, is read after it", async () => {
  const gate = deferred();
  const order: unknown[] = [];
  const { port, next } = await endpoint({
    async connect() {
      await gate.promise;
      order.push("connected");
    },
    read: (_, message) => order.push(message),
    closed: () => order.push("closed"),
  });
  const socket = await dial(port);
  socket.write(
    Buffer.concat([Buffer.from(handshake()), frame(0x81, Buffer.from("one")), frame(0x81, Buffer.from("two"))]),
  );
  await until(socket, "101");
  socket.end(Buffer.concat([frame(0x81, Buffer.from("three")), frame(0x88, Buffer.from([3, 232]))]));
  await next("conn");
  gate.resolve();
  await next("close");
  expect(order).toEqual(["connected", "one", "two", "three", "closed"]);
});

test("a slow reader slows its peer and holds little", async () => {
  const gate = deferred();
  const got = deferred<number>();
  let size = 0;
  const total = 32 * 1024 * 1024;
  const { port } = await endpoint({
    async read(_, message) {
      await gate.promise;
      size += message.length;
      if (size === total) got.resolve(size);
    },
  });
  const { ws } = await peer(port);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 512; i++) ws.send(Buffer.alloc(65_536));
  await sleep(0);
  // What the client could not get rid of is what the server has not taken.
  const stuck = await stable(() => ws.bufferedAmount);
  expect(stuck).toBeGreaterThan(total / 2);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * total);
  gate.resolve();
  expect(await got.promise).toBe(total);
});

// A number once it no longer changes between two turns of I/O.
async function stable(read: () => number): Promise<number> {
  for (let last = -1; ; ) {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    if (read() === last) return last;
    last = read();
  }
}

const Order = z.object({ n: z.coerce.number() });

test("with a schema messages are JSON both ways, and what is read is the schema's output", async () => {
  const { port } = await endpoint({ schema: Order, read: (socket, { n }) => socket.write({ twice: n * 2 }) });
  const { ws, next } = await peer(port);
  ws.send('{"n":"21","more":1}');
  expect(await next()).toBe('{"twice":42}');
});

test("a message that does not fit is answered with what is wrong, and the socket goes on", async () => {
  const { port, live } = await endpoint({ schema: Order, read: (socket, { n }) => socket.write(n) });
  const { ws, next } = await peer(port);
  for (const wrong of ["{", '{"n":{}}', Buffer.from([1])]) {
    ws.send(wrong);
    expect(JSON.parse(String(await next()))).toMatchObject({ error: { code: "INVALID_MESSAGE" } });
  }
  ws.send('{"n":1}');
  expect(await next()).toBe("1");
  expect(live.statistics()).toMatchObject({ failed: 0, received: 4 });
});

test("onInvalid close ends the socket with 1007", async () => {
  const { port } = await endpoint({ schema: Order, onInvalid: "close" });
  const { ws, closed } = await peer(port);
  ws.send("{");
  expect(await closed).toEqual({ code: 1007, reason: "invalid message" });
});

test("an async schema is waited for", async () => {
  const schema = z.string().refine(async (text) => text === "good");
  const { port } = await endpoint({ schema, read: (socket, text) => socket.write(text) });
  const { ws, next } = await peer(port);
  ws.send('"bad"');
  ws.send('"good"');
  expect(await next()).toContain("INVALID_MESSAGE");
  expect(await next()).toBe('"good"');
});

test("broadcast reaches the room, and nobody who has left it", async () => {
  const sockets: Socket[] = [];
  const { port, live } = await endpoint({
    connect: (socket) => {
      sockets.push(socket);
      socket.join("a");
      socket.join("a");
      void socket.write("joined");
    },
  });
  const peers = [await peer(port), await peer(port), await peer(port)];
  for (const { next } of peers) await next();
  sockets[0]?.leave("a");
  expect(live.broadcast("a", "grüß")).toBe(2);
  expect(live.broadcast("b", "nobody")).toBe(0);
  expect(await peers[1]?.next()).toBe("grüß");
  expect(await peers[2]?.next()).toBe("grüß");
  peers[1]?.ws.close();
  await peers[1]?.closed;
  for (const { ws } of peers) ws.terminate();
  await expect.poll(() => live.statistics()).toMatchObject({ rooms: 0, sockets: 0 });
});

test("broadcast encodes the message once", async () => {
  let encoded = 0;
  const { port, live } = await endpoint({ schema: z.any(), connect: (socket) => socket.join("a") });
  const peers = await Promise.all(Array.from({ length: 5 }, () => peer(port)));
  await expect.poll(() => live.statistics().sockets).toBe(5);
  live.broadcast("a", { toJSON: () => ++encoded });
  for (const { next } of peers) expect(await next()).toBe("1");
  expect(encoded).toBe(1);
});

test("a raw client that sends nothing wrong is echoed", async () => {
  const { port } = await endpoint({ read: (socket, message) => socket.write(message) });
  const socket = await rawSocket(port);
  socket.write(frame(0x81, Buffer.from("hello")));
  expect(await until(socket, "hello")).toBe("\x81\x05hello");
});
