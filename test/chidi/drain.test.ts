/** Draining: what is in progress ends well, what is idle ends now, what will not end is destroyed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { channel, type Op, type Signal, until as settled, sleep } from "@good-place/channel";
import { chidi } from "@good-place/chidi";
import { expect, test } from "vitest";
import { deferred, dial, rest, serve, until } from "./serving.js";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("drain closes idle connections, lets answers in progress end with Connection: close, and refuses new ones", async () => {
  const gate = deferred();
  const begun = channel<true>(100);
  const { server, port } = await serve({
    handler: async ({ path }) => {
      if (path === "/idle") return "idle";
      begun.tryGive(true);
      await gate.promise;
      return "done";
    },
  });
  const idle = await Promise.all(Array.from({ length: 20 }, () => dial(port)));
  for (const socket of idle) socket.write(head.replace("/", "/idle"));
  await Promise.all(idle.map((socket) => until(socket, "idle")));
  const silent = await dial(port);
  const busy = await Promise.all(Array.from({ length: 20 }, () => dial(port)));
  for (const socket of busy) socket.write(head);
  const answers = busy.map(rest);
  for (let i = 0; i < 20; i++) await begun.take();
  const drained = server.drain({ deadlineMs: 60_000 });
  await Promise.all([...idle, silent].map(rest));
  expect(server.statistics()).toMatchObject({ connections: 20, answering: 20, draining: true });
  await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  gate.resolve();
  for (const answer of await Promise.all(answers))
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*done$/i);
  await drained;
  expect(server.statistics()).toMatchObject({ connections: 0, answering: 0, refused: 0, failed: 0 });
});

test("drain ends event streams at once and well, and tells those who make them", async () => {
  const stopped = channel<true>(10);
  async function* events(): AsyncGenerator<string> {
    try {
      yield "data: 1\n\n";
      await new Promise<void>((resolve) => {
        stop = resolve;
      });
    } finally {
      stopped.tryGive(true);
    }
  }
  let stop: () => void = () => {};
  const lines = channel<string>(1);
  void lines.give("data: 1\n\n");
  const { server, port, next } = await serve({
    handler: ({ path }) => ({
      headers: { "content-type": "text/event-stream; charset=utf-8" },
      body: path === "/channel" ? lines : events(),
    }),
  });
  const streams = await Promise.all([dial(port), dial(port)]);
  streams[0]?.write(head);
  streams[1]?.write(head.replace("/", "/channel"));
  await Promise.all(streams.map((socket) => until(socket, "data: 1")));
  const ends = streams.map(rest);
  await server.drain({ deadlineMs: 60_000 });
  for (const end of ends) expect(await end).toMatch(/0\r\n\r\n$/);
  stop();
  await stopped.take();
  await next("close");
  expect(server.statistics()).toMatchObject({ failed: 0, refused: 0, connections: 0 });
});

test("an event stream that a server that drains has still to begin is an answer without events", async () => {
  const gate = deferred();
  const begun = deferred();
  const { server, port } = await serve({
    handler: async () => {
      begun.resolve();
      await gate.promise;
      return { headers: { "content-type": "text/event-stream" }, body: channel<string>(1) };
    },
  });
  const socket = await dial(port);
  const text = rest(socket);
  socket.write(head);
  await begun.promise;
  const drained = server.drain({ deadlineMs: 60_000 });
  gate.resolve();
  await drained;
  expect(await text).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\r\n\r\n0\r\n\r\n$/);
});

test("drain lets any other stream come to its end", async () => {
  const lines = channel<string>(1);
  const { server, port } = await serve({ handler: () => ({ body: lines }) });
  const socket = await dial(port);
  socket.write(head);
  await lines.give("one ");
  await until(socket, "one");
  const end = rest(socket);
  const drained = server.drain({ deadlineMs: 60_000 });
  await lines.give("two");
  lines.close();
  expect(await end).toMatch(/two\r\n0\r\n\r\n$/);
  await drained;
});

test("drain at its deadline destroys a stream, and tells whoever makes it", async () => {
  const stopped = deferred();
  async function* forever(): AsyncGenerator<string> {
    try {
      for (;;) {
        yield "x";
        await new Promise(setImmediate);
      }
    } finally {
      stopped.resolve();
    }
  }
  const { server, port } = await serve({ handler: () => ({ body: forever() }) });
  const socket = await dial(port);
  socket.write(head);
  await until(socket, "x");
  const end = rest(socket);
  await server.drain({ deadlineMs: 20 });
  expect(await end).not.toContain("\r\n0\r\n");
  await stopped.promise;
});

test("a request that waited behind the one that was being answered is not begun by a server that drains", async () => {
  const gate = deferred();
  const begun = channel<string>(10);
  const { server, port } = await serve({
    handler: async ({ path }) => {
      begun.tryGive(path);
      await gate.promise;
      return path;
    },
  });
  const socket = await dial(port);
  const text = rest(socket);
  socket.write(`${head.replace("/", "/1")}${head.replace("/", "/2")}`);
  await begun.take();
  const drained = server.drain({ deadlineMs: 60_000 });
  gate.resolve();
  await drained;
  expect(await text).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*\/1$/);
  expect(begun.statistics().size).toBe(0);
});

test("drain destroys at its deadline what has not ended, and settles", async () => {
  const begun = deferred();
  const { server, port } = await serve({
    handler: () => {
      begun.resolve();
      return new Promise<string>(() => {});
    },
  });
  const socket = await dial(port);
  const text = rest(socket);
  socket.write(head);
  await begun.promise;
  await server.drain({ deadlineMs: 20 });
  expect(await text).toBe("");
  expect(server.statistics().connections).toBe(0);
});

test("drain called again brings the deadline forward", async () => {
  const begun = deferred();
  const { server, port } = await serve({
    handler: () => {
      begun.resolve();
      return new Promise<string>(() => {});
    },
  });
  const socket = await dial(port);
  socket.write(head);
  await begun.promise;
  const first = server.drain({ deadlineMs: 1_000_000 });
  await server.drain({ deadlineMs: 0 });
  await first;
  await server.drain();
});

test("drain settles at its deadline also when the supervisor takes nothing", async () => {
  const stuck = channel<unknown>();
  const { server, url } = await serve({
    supervisor: stuck,
    rules: [],
    handler: (request) => {
      void request.emerge("act");
      return "x";
    },
  });
  await (await fetch(url)).text();
  await server.drain({ deadlineMs: 20 });
});

test("drain gives every connection its close signal before it settles", async () => {
  const { server, signals, url } = await serve({ handler: () => "x" });
  await Promise.all(Array.from({ length: 10 }, async () => (await fetch(url)).text()));
  await server.drain({ deadlineMs: 60_000 });
  const count = (tag: string): number => signals.filter((signal) => signal.tag === tag).length;
  expect(count("conn")).toBeGreaterThan(0);
  expect(count("close")).toBe(count("conn"));
});

test("await using drains", async () => {
  let port = 0;
  {
    await using server = await chidi({ port: 0, handler: () => "x" });
    port = (server.address as { port: number }).port;
  }
  await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a process whose server has drained exits", async () => {
  const script = `
    import { chidi } from "@good-place/chidi";
    const server = await chidi({ port: 0, handler: () => "x" });
    const url = "http://127.0.0.1:" + server.address.port;
    await (await fetch(url)).text();
    fetch(url + "/again").then((response) => response.text()).catch(() => {});
    await server.drain({ deadlineMs: 60000 });
    console.log("drained");
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  expect(stdout).toBe("drained\n");
});

test("drain waits for the last signals of connections that are gone already", async () => {
  const gate = deferred();
  const closed: Signal[] = [];
  // The rule is at the first signal until the gate opens; what the others give fills the server's channel, and then waits.
  const server = await chidi({
    port: 0,
    handler: () => "x",
    rules: [
      [{ tag: "conn" }, () => gate.promise],
      [{ tag: "close" }, (signal: Signal) => void closed.push(signal)],
    ],
  });
  const { port } = server.address as { port: number };
  const sockets = await Promise.all(Array.from({ length: 400 }, () => dial(port)));
  while (server.statistics().accepted < 400) await sleep(1);
  for (const socket of sockets) socket.destroy();
  while (server.statistics().connections > 0) await sleep(1);
  const drained = server.drain({ deadlineMs: 60_000 });
  gate.resolve();
  await drained;
  expect(closed).toHaveLength(400);
});

test("drain settles at its deadline though a handler never comes to the end of its cleaning up", async () => {
  const begun = deferred();
  const { server, port } = await serve({
    *handler() {
      try {
        begun.resolve();
        yield* forever();
        return "never";
      } finally {
        yield* forever();
      }
    },
  });
  const socket = await dial(port);
  socket.write(head);
  await begun.promise;
  await server.drain({ deadlineMs: 20 });
  expect(server.statistics().connections).toBe(0);
});

const forever = (): Op<never> => settled(new Promise<never>(() => {}));
