/**
 * Who a request comes from. What proxies say in headers counts only as far as the trusted ones reach: the list of hops is
 * read from the end, from the peer of the socket on, and ends at the first address that nobody trusted vouches for.
 * One family of headers is read, never both: a proxy that writes the one passes the client's own text in the other on.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6, type Socket } from "node:net";
import { describe, misuse } from "@good-place/channel/misuse";
import { hostPattern } from "./head.js";

/** Which headers trusted proxies write. */
export type ProxyHeader = "x-forwarded" | "forwarded";

/** Is the address, or undefined for a unix socket, that of a trusted proxy? */
export type Trust = (address: string | undefined) => boolean;

/** What is needed to tell who a request comes from. */
export interface PeerOptions {
  readonly trust?: Trust | undefined;
  readonly proxyHeader?: ProxyHeader | undefined;
}

export interface Peer {
  /** Undefined on a unix socket. */
  readonly remoteAddress: string | undefined;
  readonly protocol: "http" | "https";
  /** Name and port as the client asked for them; empty where it did not say. */
  readonly host: string;
  /** What a trusted peer calls the request. */
  readonly id: string | undefined;
}

// What others call a request goes into logs: nothing long, and nothing that could be read as something else there.
const idPattern = /^[\w.:+/=-]{1,128}$/;

type Hop = {
  readonly from?: string | undefined;
  readonly proto?: string | undefined;
  readonly host?: string | undefined;
};

/** Compiles a list of addresses, networks (`10.0.0.0/8`) and the word `unix`. Throws BAD_OPTION. */
export function trustOf(list: readonly string[]): Trust {
  if (!Array.isArray(list)) throw bad(list);
  const blocks = new BlockList();
  for (const one of list) {
    if (one === "unix") continue;
    const [network = "", bits, ...more] = String(one).split("/");
    const family = isIPv6(network) ? "ipv6" : "ipv4";
    const most = family === "ipv6" ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (isIP(network) === 0 || more.length > 0 || prefix < 0 || prefix > most) throw bad(one);
    blocks.addSubnet(network, prefix, family);
  }
  const unix = list.includes("unix");
  return (address) =>
    address === undefined ? unix : isIP(address) !== 0 && blocks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** Who sent the request, as far as it can be believed. */
export function peerOf(message: IncomingMessage, socket: Socket, options: PeerOptions): Peer {
  const { trust, proxyHeader = "x-forwarded" } = options;
  let remoteAddress = plain(socket.remoteAddress);
  let protocol: Peer["protocol"] = "encrypted" in socket ? "https" : "http";
  // HTTP/2 has it under another name.
  let host = message.headers.host ?? String(message.headers[":authority"] ?? "");
  if (trust === undefined || !trust(remoteAddress)) {
    return { remoteAddress, protocol, host, id: undefined };
  }
  const hops = proxyHeader === "forwarded" ? forwarded(message) : xForwarded(message);
  for (const hop of hops.reverse()) {
    const proto = hop.proto?.toLowerCase();
    if (proto === "http" || proto === "https") protocol = proto;
    if (hop.host !== undefined && hostPattern.test(hop.host)) host = hop.host;
    const address = addressIn(hop.from);
    if (address === undefined) break;
    remoteAddress = address;
    if (!trust(address)) break;
  }
  return { remoteAddress, protocol, host, id: idOf(message) };
}

function idOf(message: IncomingMessage): string | undefined {
  const given = message.headers["x-request-id"];
  return typeof given === "string" && idPattern.test(given) ? given : undefined;
}

// A list that names every hop pairs with the addresses; a shorter one was written, or overwritten, by the last proxy.
function xForwarded(message: IncomingMessage): Hop[] {
  const from = list(message, "x-forwarded-for");
  const count = Math.max(from.length, 1);
  const protos = list(message, "x-forwarded-proto");
  const hosts = list(message, "x-forwarded-host");
  const at = (values: string[], i: number): string | undefined =>
    values.length === count ? values[i] : i === count - 1 ? values.at(-1) : undefined;
  return Array.from({ length: count }, (_, i) => ({ from: from[i], proto: at(protos, i), host: at(hosts, i) }));
}

const pairPattern = /([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]*))/gi;
const elementPattern = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;

function forwarded(message: IncomingMessage): Hop[] {
  const header = String(message.headers.forwarded ?? "");
  return (header.match(elementPattern) ?? []).map((element) => {
    const pairs = new Map<string, string>();
    for (const [, name = "", quoted, token] of element.matchAll(pairPattern)) {
      pairs.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? "");
    }
    return { from: pairs.get("for"), proto: pairs.get("proto"), host: pairs.get("host") };
  });
}

function list(message: IncomingMessage, name: string): string[] {
  const value = message.headers[name];
  return value === undefined
    ? []
    : String(value)
        .split(",")
        .map((one) => one.trim());
}

// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` and `[2001:db8::1]:80`.
function addressIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? (isIP(text) === 0 ? text.replace(/:\d+$/, "") : text);
  return isIP(bare) === 0 ? undefined : plain(bare);
}

// A socket for both families shows IPv4 peers as ::ffff:192.0.2.1.
function plain(address: string | undefined): string | undefined {
  return address?.toLowerCase().startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function bad(got: unknown): TypeError {
  return misuse(
    "type",
    "BAD_OPTION",
    `chidi() option trustProxy must be a list of addresses, networks like 10.0.0.0/8, and "unix", got ${describe(got)}`,
  );
}
