/**
 * Where Neil keeps its data and keys. One folder, `$NEIL_HOME` or the platform's data folder, readable by its owner
 * only: `server.json` is the server's, `client.json` is what a client of this machine calls it with.
 */

import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateKeys, publicKey } from "@good-place/hemple";
import * as z from "zod/mini";
import { NeilError } from "./errors.js";

const key = z.pipe(
  z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/, "expected 32 bytes in base64")),
  z.transform((text): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))),
);

const ServerKeys = z.strictObject({
  key,
  psk: key,
  peers: z.array(z.strictObject({ name: z.string(), key, roles: z.array(z.string()) })),
});
export type ServerKeys = z.output<typeof ServerKeys>;

const ClientKeys = z.strictObject({
  key,
  psk: key,
  serverKey: key,
  /** Where the server is, host:port; on this machine if it is not said. */
  url: z.optional(z.string()),
});
export type ClientKeys = z.output<typeof ClientKeys>;

const DeviceKey = z.strictObject({ key });

export { homePath } from "./home-path.js";

/** The longest call and answer: a report by task of some years. */
export const MESSAGE_BYTES = 8 * 2 ** 20;

/** The server's keys; made, with those of this machine's client, when there are none. Only the holder of the mansion may call it. */
export function serverKeys(home: string): { readonly keys: ServerKeys; readonly made: boolean } {
  const known = readKeys(join(home, "server.json"), ServerKeys);
  if (known !== undefined)
    return { keys: clientKeys(home) === undefined ? withClient(home, known) : known, made: false };
  const server = generateKeys();
  const client = generateKeys();
  const psk = new Uint8Array(randomBytes(32));
  const peers = [{ name: "this machine", key: client.publicKey, roles: ["owner"] }];
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // The client's first: a server that has keys is a server that was set up whole.
  writeKeys(join(home, "client.json"), { key: client.privateKey, psk, serverKey: server.publicKey });
  writeKeys(join(home, "server.json"), { key: server.privateKey, psk, peers });
  return { keys: { key: server.privateKey, psk, peers }, made: true };
}

// The client's keys are gone: it gets new ones, and the server lets in both.
function withClient(home: string, server: ServerKeys): ServerKeys {
  const client = generateKeys();
  const keys = {
    ...server,
    peers: [...server.peers, { name: "this machine", key: client.publicKey, roles: ["owner"] }],
  };
  writeKeys(join(home, "server.json"), keys);
  writeKeys(join(home, "client.json"), { key: client.privateKey, psk: server.psk, serverKey: publicKey(server.key) });
  return keys;
}

/** What this machine's client calls the server with; undefined where no server was ever started. */
export function clientKeys(home: string): ClientKeys | undefined {
  return readKeys(join(home, "client.json"), ClientKeys);
}

/** Lets a device in, under its name; a running server does so once it has read its keys anew. Gives the server's own keys. */
export function letIn(home: string, name: string, device: Uint8Array): ServerKeys {
  return withPeers(home, (peers) => [
    ...peers.filter((peer) => peer.name !== name),
    { name, key: device, roles: ["owner"] },
  ]);
}

/** Locks a device out. Throws NOT_FOUND. */
export function lockOut(home: string, name: string): void {
  withPeers(home, (peers) => {
    const others = peers.filter((peer) => peer.name !== name);
    if (others.length < peers.length) return others;
    throw noDevice(name);
  });
}

export function noDevice(name: string): NeilError {
  return new NeilError("NOT_FOUND", `there is no device "${name}"`, { advice: "look: npx neil pair list" });
}

function withPeers(home: string, change: (peers: ServerKeys["peers"]) => ServerKeys["peers"]): ServerKeys {
  const known = readKeys(join(home, "server.json"), ServerKeys);
  if (known === undefined) throw new NeilError("NO_SERVER", `no server was ever started in ${home}`);
  const keys = { ...known, peers: change(known.peers) };
  writeKeys(join(home, "server.json"), keys);
  return keys;
}

/** The devices that may call the server of this folder. */
export function peersOf(home: string): ServerKeys["peers"] {
  return readKeys(join(home, "server.json"), ServerKeys)?.peers ?? [];
}

/** The key that this device is to be known by: that of its draft, made where there is none. */
export function draftKey(home: string): Uint8Array {
  const path = join(home, "device.json");
  const known = readKeys(path, DeviceKey);
  if (known !== undefined) return known.key;
  const { privateKey } = generateKeys();
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeKeys(path, { key: privateKey });
  return privateKey;
}

/** Keeps what the server was met with: from now on this device calls that one. */
export function keepClientKeys(home: string, keys: ClientKeys): void {
  writeKeys(join(home, "client.json"), keys);
}

function readKeys<S extends z.ZodMiniType>(path: string, schema: S): z.output<S> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ENOTDIR") throw new NeilError("MANSION_PATH", `${dirname(path)} is no folder`, { cause: error });
    throw new NeilError("BAD_KEYS", `the keys in ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    // What was wrong is not told in detail: it could hold a key.
    throw new NeilError("BAD_KEYS", `the keys in ${path} are damaged`, { cause });
  }
}

// Written whole or not at all, and never readable by others, not even for a moment.
function writeKeys(path: string, keys: object): void {
  const text = JSON.stringify(
    keys,
    (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value),
    2,
  );
  const draft = `${path}.${process.pid}.new`;
  const file = openSync(draft, "w", 0o600);
  try {
    chmodSync(draft, 0o600);
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
