/**
 * Trevor beside bare `ws`, `@fastify/websocket` and `socket.io`: what an echo costs the server, a broadcast to many, and a
 * socket that says nothing. The clients have a process of their own, and what counts is the server's processor time.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Case, Runner } from "./harness.js";
import type { Order } from "./trevor/clients.js";
import { bare, fastifyWebsocket, ours, type Place, socketIo } from "./trevor/servers.js";

const SOCKETS = 16;
const MANY = 1000;
const IDLE = 2000;
const peers = { ws: bare, "@fastify/websocket": fastifyWebsocket, "socket.io": socketIo };

export function cases(): Case[] {
  return [
    ...[64, 2048, 16_384].map((bytes) =>
      subject(`echo of ${bytes} bytes, ${SOCKETS} sockets`, "us/op", bytes > 4096 ? 8000 : 16_000, (start) =>
        echo(start, bytes),
      ),
    ),
    subject(`broadcast of 64 bytes to ${MANY} sockets, for each`, "us/op", 50 * MANY, broadcast),
    subject(`memory of ${IDLE} idle sockets, for each`, "bytes", 1, idle),
  ];
}

function subject(name: string, unit: Case["unit"], ops: number, runner: (start: Start) => Runner): Case {
  const others = Object.entries(peers).map(([peer, start]) => [peer, runner(start)] as const);
  return {
    bench: "trevor",
    case: name,
    unit,
    ops,
    clock: "processor",
    ours: runner(ours),
    peers: Object.fromEntries(others),
  };
}

type Start = () => Promise<Place>;

function echo(server: Start, bytes: number): Runner {
  const crowd = lazily(() => crowded(server, SOCKETS));
  return async (ops, start) => {
    const { told } = await crowd();
    start();
    await told({ echo: ops, bytes });
  };
}

function broadcast(server: Start): Runner {
  const crowd = lazily(() => crowded(server, MANY));
  const message = "x".repeat(64);
  return async (ops, start) => {
    const { told, place } = await crowd();
    start();
    for (let sent = 0; sent < ops; sent += 10 * MANY) {
      const done = told({ expect: 10 * MANY });
      // Each in a turn of its own: what is sent in one turn, some put together.
      for (let i = 0; i < 10; i++)
        await new Promise<void>((resolve) => setImmediate(() => resolve(place.broadcast(message))));
      await done;
    }
  };
}

function idle(server: Start): Runner {
  return async () => {
    // The first hundred pay for what all share.
    const { place } = await crowded(server, 100);
    const before = memory();
    await crowded(() => Promise.resolve(place), IDLE);
    return (memory() - before) / IDLE;
  };
}

function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

interface Crowd {
  readonly place: Place;
  /** Gives the clients an order, and waits until they have done it. */
  told(order: Order): Promise<unknown>;
}

async function crowded(server: Start, sockets: number): Promise<Crowd> {
  const place = await server();
  const file = fileURLToPath(new URL("trevor/clients.ts", import.meta.url));
  const clients = fork(file, [String(place.port), place.protocol, String(sockets)]);
  await once(clients, "message");
  return {
    place,
    told(order) {
      clients.send(order);
      return once(clients, "message");
    },
  };
}

// In the process of its contestant alone, and not before its first round.
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
