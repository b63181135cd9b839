/**
 * Chidi beside bare `node:http` and its peers: the processor's time that a request costs its server, and the memory of a
 * connection that waits. A contestant's process is the server; the clients have another.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bytesEach } from "./channel/shapes.js";
import type { Connections } from "./chidi/load.js";
import { type Ask, checkedTask, hello, largeBody, type Serve, waiting } from "./chidi/wire.js";
import type { Case, Runner } from "./harness.js";

const ours = async (): Promise<Serve> => (await import("./chidi/chidi.js")).serve;
const peers = {
  "node:http": async () => (await import("./chidi/node-http.js")).serve,
  fastify: async () => (await import("./chidi/fastify.js")).serve,
  hono: async () => (await import("./chidi/hono.js")).serve,
} satisfies Record<string, () => Promise<Serve>>;

const OPEN = { keepAlive: true };
const IDLE = 5000;

export function cases(): Case[] {
  return [
    timed("hello, 1 connection", hello, { connections: 1, ...OPEN }, 4000),
    timed("hello, 50 connections", hello, { connections: 50, ...OPEN }, 6000),
    timed("hello, a connection each", hello, { connections: 10, keepAlive: false }, 2000),
    timed("a handler that waits", waiting, { connections: 50, ...OPEN }, 6000),
    timed("JSON, param and body checked", checkedTask, { connections: 50, ...OPEN }, 5000),
    timed("64 KiB of body", largeBody, { connections: 50, ...OPEN }, 1500),
    { ...each(idle), case: "an idle connection", unit: "bytes", ops: IDLE },
  ];
}

function timed(name: string, ask: Ask, setting: Omit<Connections, "port" | "ask">, ops: number): Case {
  const runner = (serve: () => Promise<Serve>): Runner => requests(serve, { ...setting, ask });
  return { ...each(runner), case: name, unit: "us/op", ops, expected: (count) => count, clock: "processor" };
}

function each(runner: (serve: () => Promise<Serve>) => Runner): Pick<Case, "bench" | "ours" | "peers"> {
  const entries = Object.entries(peers).map(([name, serve]) => [name, runner(serve)]);
  return { bench: "chidi", ours: runner(ours), peers: Object.fromEntries(entries) };
}

function requests(serve: () => Promise<Serve>, setting: Omit<Connections, "port">): Runner {
  let clients: Promise<(order: number) => Promise<number>> | null = null;
  return async (ops, start) => {
    clients ??= started(serve, setting);
    const order = await clients;
    start();
    return order(ops);
  };
}

// What a connection holds that has had an answer. What the system and the parser hold outside of the heap is not counted.
function idle(serve: () => Promise<Serve>): Runner {
  return async (ops) => {
    const port = await (await serve())();
    // The first requests fill what is made once.
    await (await client({ connections: 100, ...OPEN, ask: hello, port }))(5000);
    return bytesEach(ops, async () => {
      await (await client({ connections: ops, ...OPEN, ask: hello, port }))(ops);
      return port;
    });
  };
}

async function started(
  serve: () => Promise<Serve>,
  setting: Omit<Connections, "port">,
): Promise<(order: number) => Promise<number>> {
  return client({ ...setting, port: await (await serve())() });
}

// Settles when the connections are open.
async function client(setting: Connections): Promise<(order: number) => Promise<number>> {
  const child = fork(fileURLToPath(new URL("chidi/load.ts", import.meta.url)));
  const order = async (what: Connections | number): Promise<number> => {
    const answered = once(child, "message");
    child.send(what);
    return (await answered)[0] as number;
  };
  await order(setting);
  return order;
}
