/**
 * What the tests of sockets share: an endpoint behind a server, a client that keeps what it gets, and raw frames.
 */
import { type Channel, CLOSED, channel, type Signal, unbounded } from "@good-place/channel";
import { type Frame, type Live, type TrevorOptions, trevor } from "@good-place/trevor";
import { P } from "ts-pattern";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { dial, type Serving, serve, until } from "../chidi/serving.js";

export interface Endpoint {
  readonly serving: Serving;
  readonly live: Live;
  readonly port: number;
  /** The signals of the endpoint, in order. */
  readonly signals: Signal[];
  /** The next of its signals with the tag. */
  next(tag: string): Promise<Signal & Record<string, never>>;
}

/** An endpoint at /live behind a server. Its signals are recorded; rules of the options come first, the default ones last. */
export async function endpoint<M = Frame>(
  options: Partial<TrevorOptions<M>> & { server?: object } = {},
): Promise<Endpoint> {
  const signals: Signal[] = [];
  const log = channel<Signal>(unbounded());
  // A rule that matches nothing, and sees all.
  const watch = (signal: unknown): boolean => {
    signals.push(signal as Signal);
    log.tryGive(signal as Signal);
    return false;
  };
  const { server, rules = [], ...rest } = options;
  const live = trevor<M>({ path: "/live", rules: [...rules, [P.when(watch), () => {}]], ...rest });
  const serving = await serve({ handler: () => "http", sockets: [live], ...server });
  return { serving, live, port: serving.port, signals, next: (tag) => taken(log, tag) as never };
}

async function taken(log: Channel<Signal>, tag: string): Promise<Signal> {
  for await (const signal of log) if (signal.tag === tag) return signal;
  throw new Error(`no ${tag} signal`);
}

export interface Peer {
  readonly ws: WebSocket;
  /** The next message. */
  next(): Promise<string | Buffer | undefined>;
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** A client of the ws package that is connected. */
export async function peer(port: number, options: ClientOptions & { protocols?: string[] } = {}): Promise<Peer> {
  const { protocols = [], ...rest } = options;
  const ws = new WebSocket(`ws://127.0.0.1:${port}/live`, protocols, rest);
  const messages = channel<string | Buffer>(unbounded());
  ws.on("message", (data: Buffer, binary) => messages.tryGive(binary ? data : data.toString()));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once("close", (code, reason) => {
      messages.close();
      resolve({ code, reason: reason.toString() });
    });
  });
  onTestFinished(() => ws.terminate());
  await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
  ws.on("error", () => {});
  const next = async (): Promise<string | Buffer | undefined> => {
    const message = await messages.take();
    return message === CLOSED ? undefined : message;
  };
  return { ws, next, closed };
}

/** The head of a good handshake, with other or more headers. A value of "" leaves the header out. */
export function handshake(headers: Record<string, string> = {}, first = "GET /live HTTP/1.1"): string {
  const all = {
    Host: "a",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "");
  return `${[first, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}

/** A raw connection that has become a socket. */
export async function rawSocket(port: number): Promise<Awaited<ReturnType<typeof dial>>> {
  const socket = await dial(port);
  socket.write(handshake());
  await until(socket, "\r\n\r\n");
  return socket;
}

/** A frame of a client, masked with zeros. */
export function frame(first: number, payload: Uint8Array, masked = true): Buffer {
  const size = payload.length;
  const head = size < 126 ? Buffer.from([size]) : Buffer.from([126, size >> 8, size & 255]);
  head[0] = (head[0] as number) | (masked ? 0x80 : 0);
  return Buffer.concat([Buffer.from([first]), head, Buffer.alloc(masked ? 4 : 0), payload]);
}

/** The close code that the server's next close frame carries. */
export function closeCode(socket: Awaited<ReturnType<typeof dial>>): Promise<number> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const at = bytes.indexOf(0x88);
      if (at !== -1 && bytes.length >= at + 4) resolve(bytes.readUInt16BE(at + 2));
    });
    socket.on("error", () => {});
  });
}
