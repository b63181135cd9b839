/**
 * Where a server is: each kind of transport has its own options, and exactly one kind is given.
 */
import { misuse } from "@good-place/channel/misuse";
import type { MessagePortLike } from "./port-pipe.js";
import type { WebSocketMaker } from "./web-socket-pipe.js";

/** Where to find a server: `port` with or without `host`, or `path`, or `url`, or `messages`. */
export interface Place {
  /** 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** Of TCP. */
  readonly port?: number | undefined;
  /** Of a unix socket. */
  readonly path?: string | undefined;
  /** Of a WebSocket: `ws://` or `wss://`. */
  readonly url?: string | undefined;
  /** The constructor of WebSockets; the global one by default, which Node 20 has not. */
  readonly WebSocket?: WebSocketMaker | undefined;
  /** A message port whose other end the server has accepted. It serves one connection. */
  readonly messages?: MessagePortLike | undefined;
}

/** A place that was checked; `name` is what errors call it. */
export type Target =
  | { readonly kind: "tcp"; readonly name: string; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly name: string; readonly path: string }
  | { readonly kind: "url"; readonly name: string; readonly url: string; readonly WebSocket: WebSocketMaker }
  | { readonly kind: "messages"; readonly name: string; readonly messages: MessagePortLike };

export const PLACE_OPTIONS = ["host", "port", "path", "url", "WebSocket", "messages"] as const;

const WAYS = ["port", "path", "url", "messages"] as const;
// What fits into the address of every system that has unix sockets.
const LONGEST_PATH = 103;

/** A place, checked. Throws BAD_OPTION, or NO_WEBSOCKET. */
export function checkPlace(where: string, place: Place): Target {
  const [way, another] = WAYS.filter((name) => place[name] !== undefined);
  if (way === undefined || another !== undefined) {
    throw misuse(
      "type",
      "BAD_OPTION",
      `${where}: one of ${WAYS.join(", ")} says where the server is, got ${count(way)}`,
    );
  }
  switch (way) {
    case "port": {
      const { host = "127.0.0.1" } = place;
      const port = checkPort(where, place.port, 1);
      return { kind: "tcp", name: `${checkHost(where, host)}:${port}`, host, port };
    }
    case "path":
      return { kind: "unix", name: checkPath(where, place.path), path: place.path as string };
    case "url":
      return { kind: "url", ...checkUrl(where, place.url), WebSocket: checkMaker(where, place.WebSocket) };
    case "messages":
      return { kind: "messages", name: "the message port", messages: checkMessages(where, place.messages) };
  }
}

function count(way: string | undefined): string {
  return way === undefined ? "none" : "more";
}

export function checkHost(where: string, host: unknown): string {
  if (typeof host === "string" && host !== "") return host;
  throw misuse("type", "BAD_OPTION", `${where}: host must be a name or an address, got ${typeof host}`);
}

export function checkPort(where: string, port: unknown, least: number): number {
  if (typeof port === "number" && Number.isInteger(port) && port >= least && port <= 65_535) return port;
  const came = typeof port === "number" ? port : typeof port;
  throw misuse("range", "BAD_OPTION", `${where}: port must be an integer from ${least} to 65535, got ${came}`);
}

export function checkPath(where: string, path: unknown): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0") && byteLength(path) <= LONGEST_PATH) return path;
  const came = typeof path === "string" ? `${byteLength(path)} bytes` : typeof path;
  throw misuse(
    "type",
    "BAD_OPTION",
    `${where}: path must be that of a unix socket, of 1 to ${LONGEST_PATH} bytes, got ${came}`,
  );
}

export function checkMessages(where: string, port: unknown): MessagePortLike {
  const { postMessage, addEventListener, start } = (port ?? {}) as Partial<MessagePortLike>;
  if ([postMessage, addEventListener, start].every((each) => typeof each === "function"))
    return port as MessagePortLike;
  throw misuse("type", "BAD_OPTION", `${where}: a message port is needed, got ${typeof port}`);
}

function checkUrl(where: string, url: unknown): { readonly name: string; readonly url: string } {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && (parsed.protocol === "ws:" || parsed.protocol === "wss:")) {
    // What a URL asks for may be a secret.
    return { name: `${parsed.protocol}//${parsed.host}${parsed.pathname}`, url: parsed.href };
  }
  throw misuse("type", "BAD_OPTION", `${where}: url must begin with ws:// or wss://, got ${typeof url}`);
}

function checkMaker(where: string, given: WebSocketMaker | undefined): WebSocketMaker {
  const maker = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof maker === "function") return maker as WebSocketMaker;
  throw misuse(
    "type",
    "NO_WEBSOCKET",
    `${where}: there is no global WebSocket here; pass one, like that of the package ws`,
  );
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * What counts as one address: of IPv6 the first 64 bits, since whoever has one has all the others of its network too.
 */
export function neighbourhood(address: string): string {
  const [plain = ""] = address.toLowerCase().split("%", 1);
  if (!plain.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped !== null) return mapped[1] as string;
  const [head = "", tail = ""] = plain.split("::", 2) as [string, string?];
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === "" ? 0 : tail.split(":").length;
  const filled = plain.includes("::") ? [...groups, ...Array<string>(8 - groups.length - behind).fill("0")] : groups;
  return `${[...filled, ...tail.split(":")].slice(0, 4).join(":")}::/64`;
}
