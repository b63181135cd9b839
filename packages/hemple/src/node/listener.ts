/**
 * Listens on a TCP port or at a unix socket, and hands out a pipe for each connection.
 * The file of a unix socket is its owner's alone, and is removed with the listener. One that a dead server left is taken
 * over; one that a living server answers at is not.
 */
import { chmodSync, lstatSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Server } from "node:net";
import type { Pipe } from "../wire/pipe.js";
import { SocketPipe } from "./socket-pipe.js";

/** Where to listen; `name` is what errors call it. */
export type Listening =
  | { readonly kind: "tcp"; readonly name: string; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly name: string; readonly path: string };

/** Where a server listens on TCP. */
export interface TcpAddress {
  readonly address: string;
  readonly port: number;
  readonly family: string;
}

/** Where a server listens on a unix socket. */
export interface UnixAddress {
  readonly path: string;
}

export interface Listener {
  readonly address: TcpAddress | UnixAddress;
  /** Takes no more connections. */
  close(): void;
}

const OWNER_ONLY = 0o600;

/** Fails as Node's `listen` does. What fails later goes to `failed`. */
export async function listen(
  place: Listening,
  accept: (pipe: Pipe) => void,
  failed: (error: Error) => void,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true }, (socket) => accept(new SocketPipe(socket)));
  if (place.kind === "tcp") await bound(server, { host: place.host, port: place.port });
  else await boundAt(server, place.path);
  server.on("error", failed);
  return { address: addressOf(server), close: () => void server.close() };
}

function bound(server: Server, at: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function boundAt(server: Server, path: string): Promise<void> {
  try {
    await bound(server, { path });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || !(await isLeft(path))) throw error;
    rmSync(path, { force: true });
    await bound(server, { path });
  }
  chmodSync(path, OWNER_ONLY);
}

// A socket that refuses connections has nobody behind it.
function isLeft(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = createConnection({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
  });
}

function addressOf(server: Server): TcpAddress | UnixAddress {
  const address = server.address() as AddressInfo | string;
  if (typeof address === "string") return Object.freeze({ path: address });
  return Object.freeze({ address: address.address, port: address.port, family: address.family });
}
