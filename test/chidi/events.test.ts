/** Server-sent events on the wire: their text, their beginning, their heartbeat, and every way to the end. */
import type { Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { type Channel, channel, unbounded } from "@good-place/channel";
import {
  compressed,
  type EventSourceOf,
  type EventsOptions,
  events,
  router,
  type ServerEvent,
} from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ask } from "./asking.js";
import { deferred, dial, rest, type Serving, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const listen = async (source: EventSourceOf, options?: EventsOptions): Promise<Serving & { socket: Socket }> => {
  const serving = await serve({ handler: events(source, options) });
  const socket = await dial(serving.port);
  socket.write(head);
  return { ...serving, socket };
};

const given = (...all: unknown[]): Channel<ServerEvent> => {
  const source = channel<ServerEvent>(unbounded());
  for (const one of all) source.tryGive(one as ServerEvent);
  source.close();
  return source;
};

test("events are their fields, the lines of their data, and an empty line", async () => {
  const { port } = await serve({
    handler: events(() => given({ data: "one\ntwo\r\nthree\rfour", id: "7", event: "note", retry: 500 }, { data: "" })),
  });
  const told = await ask(port, "/");
  expect(told.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-cache" });
  expect(told.body.toString()).toBe(
    ":\n\nevent: note\nid: 7\nretry: 500\ndata: one\ndata: two\ndata: three\ndata: four\n\ndata: \n\n",
  );
});

test("what a client reads is what was given, for any data", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: fc.constantFrom("a", ":", " ", "\n", "\r", "é", "data: ") })),
      async (all) => {
        const { port } = await serve({ handler: events(() => given(...all.map((data) => ({ data })))) });
        const blocks = (await ask(port, "/")).body.toString().split("\n\n").slice(1, -1);
        const read = blocks.map((block) =>
          block
            .split("\n")
            .map((line) => line.slice("data: ".length))
            .join("\n"),
        );
        expect(read).toEqual(all.map((data) => data.replace(/\r\n?/g, "\n")));
      },
    ),
    { numRuns: 40 },
  );
});

test("a client knows that it is connected before there is an event, and its last id is given to the source", async () => {
  const ids: (string | undefined)[] = [];
  const { port } = await serve({
    handler: router({
      "GET /rooms/:room": events(({ lastEventId, request: { params } }) => {
        ids.push(lastEventId);
        return given({ data: params.room });
      }),
    }),
  });
  expect((await ask(port, "/rooms/1")).body.toString()).toContain("data: 1");
  await ask(port, "/rooms/2", { "last-event-id": "41" });
  // As browsers send it: UTF-8, byte by byte.
  await ask(port, "/rooms/2", { "last-event-id": Buffer.from("né→41").toString("latin1") });
  expect(ids).toEqual([undefined, "41", "né→41"]);
  const { socket } = await listen(() => channel<ServerEvent>());
  expect(await until(socket, ":\n\n")).toContain("200 OK");
});

test("while there is nothing to tell, a comment is sent, and it takes nothing from the source", async () => {
  const source = channel<ServerEvent>();
  const { socket } = await listen(() => source, { heartbeatMs: 5 });
  await until(socket, ":\n\n");
  for (let i = 0; i < 5; i++) await until(socket, ":\n\n");
  expect(source.statistics()).toMatchObject({ parkedTakes: 1 });
  await source.give({ data: "after all" });
  expect(await until(socket, "after all")).toContain("data: after all");
});

test("a field with a line break, and what is no event, ends the stream with BAD_EVENT and sends nothing of it", async () => {
  const breaks = ["a\nb", "a\rdata: x", "a\0", 7];
  const wrong = breaks.flatMap((value) => [
    { data: "", id: value },
    { data: "", event: value },
  ]);
  for (const event of [...wrong, { data: 5 }, { data: "", retry: 1.5 }, { data: "", retry: -1 }, null, "text"]) {
    const { socket, next } = await listen(() => given(event, { data: "never" }));
    const told = await rest(socket);
    expect(told).not.toMatch(/never|data: x|\r\n0\r\n/);
    expect((await next("error")).error).toMatchObject({ code: "BAD_EVENT" });
  }
});

test("a source that fails breaks the connection off, and is an error signal", async () => {
  async function* failing(): AsyncGenerator<ServerEvent> {
    yield { data: "one" };
    throw new Error("no more");
  }
  const { socket, next } = await listen(failing);
  expect(await rest(socket)).not.toContain("\r\n0\r\n");
  expect((await next("error")).error).toMatchObject({ message: "no more" });
});

test("a client that leaves lets go of the source, and takes no event of a channel with it", async () => {
  const source = channel<ServerEvent>();
  const { socket, next } = await listen(() => source);
  await source.give({ data: "one" });
  await until(socket, "one");
  socket.destroy();
  await next("close");
  expect(source.statistics()).toMatchObject({ parkedTakes: 0 });
  expect(source.closed).toBe(false);

  const returned = deferred();
  const endless: AsyncIterable<ServerEvent> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: () => {
        returned.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const second = await listen(() => endless);
  await until(second.socket, ":\n\n");
  second.socket.destroy();
  await returned.promise;
});

test("a generator that waits is told by its signal, however the stream ends", async () => {
  const left = channel<string>(unbounded());
  const { server, port } = await serve({
    handler: events(async function* ({ signal, request }) {
      try {
        if (request.path === "/short") return;
        yield { data: request.path };
        await channel().take({ signal });
      } finally {
        signal.addEventListener("abort", () => left.tryGive(request.path));
        if (signal.aborted) left.tryGive(request.path);
      }
    }),
  });
  await ask(port, "/short");
  expect(await left.take()).toBe("/short");
  const [leaves, stays] = await Promise.all([dial(port), dial(port)]);
  leaves.write(head.replace("/", "/leaves"));
  stays.write(head.replace("/", "/stays"));
  await Promise.all([until(leaves, "data: /leaves"), until(stays, "data: /stays")]);
  leaves.destroy();
  expect(await left.take()).toBe("/leaves");
  const told = rest(stays);
  await server.drain({ deadlineMs: 60_000 });
  expect(await left.take()).toBe("/stays");
  expect(await told).toBe("0\r\n\r\n");
});

test("a drain ends every stream of events well and at once, compressed ones too", async () => {
  const source = channel<ServerEvent>();
  const { server, port } = await serve({ handler: compressed()(events(() => source)) });
  const sockets = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
  for (const [i, socket] of sockets.entries()) {
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${i % 2 === 0 ? "gzip" : "identity"}\r\n\r\n`);
    await until(socket, "\r\n\r\n");
  }
  const told = sockets.map(rest);
  const packed = ask(port, "/", { "accept-encoding": "gzip" });
  await expect.poll(() => server.statistics().answering).toBe(7);
  await server.drain({ deadlineMs: 60_000 });
  expect(gunzipSync((await packed).body).toString()).toMatch(/^:\n\n/);
  for (const text of await Promise.all(told)) expect(text.endsWith("0\r\n\r\n")).toBe(true);
  expect(source.statistics()).toMatchObject({ parkedTakes: 0 });
});

test("the source is asked for the next event only when the client has room for it", async () => {
  const [many, size] = [400, 65_536];
  let asked = 0;
  async function* source(): AsyncGenerator<ServerEvent> {
    for (; asked < many; asked++) yield { data: "x".repeat(size) };
  }
  const { port } = await serve({ handler: events(source) });
  let taken = 0;
  let ahead = 0;
  const { body } = await fetch(`http://127.0.0.1:${port}/`);
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    taken += chunk.length;
    ahead = Math.max(ahead, asked * size - taken);
  }
  expect(taken).toBeGreaterThan(many * size);
  expect(ahead).toBeLessThan((many * size) / 2);
});

test("wrong arguments are refused", () => {
  expect(() => events(channel() as never)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  for (const heartbeatMs of [0, -1, 1.5, 2 ** 31, Number.POSITIVE_INFINITY]) {
    expect(() => events(() => given(), { heartbeatMs })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }
  expect(() => events(() => given(), { heartBeat: 1 } as never)).toThrow(
    expect.objectContaining({ code: "UNKNOWN_OPTION" }),
  );
});
