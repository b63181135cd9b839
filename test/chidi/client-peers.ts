/**
 * What the tests of the client share: servers that do as they are told, well or badly, and count their connections, and
 * clients that are drained when the test ends. After that no connection may be left, or the test does not end.
 */
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type ClientOptions, client, type HttpClient } from "@good-place/chidi/client";
import { onTestFinished } from "vitest";

export interface Peer {
  readonly port: number;
  readonly origin: string;
  /** Those that are open. */
  readonly sockets: Set<Socket>;
  /** How many there have been. */
  accepted: number;
  /** Resolves when none is open. */
  empty(): Promise<void>;
}

/** A server of raw bytes: told of each connection. */
export function rawPeer(connected: (socket: Socket) => void): Promise<Peer> {
  return peerOf(createServer(connected));
}

/** A server of raw bytes: told of each request's head; bodies are none of its business. */
export function answering(answer: (socket: Socket, head: string) => void): Promise<Peer> {
  return rawPeer((socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        answer(socket, head);
      }
    });
  });
}

/** A well-behaved server. */
export function httpPeer(listener: RequestListener): Promise<Peer> {
  return peerOf(createHttp(listener));
}

/** Any server, listening, and closed when the test ends. */
export async function peerOf(server: Server, path?: string): Promise<Peer> {
  const sockets = new Set<Socket>();
  let wake = (): void => {};
  const peer = {
    port: 0,
    origin: "",
    sockets,
    accepted: 0,
    async empty() {
      while (sockets.size > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
  server.on("connection", (socket: Socket) => {
    peer.accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      wake();
    });
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, "127.0.0.1", resolve);
    else server.listen(path, resolve);
  });
  peer.port = path === undefined ? (server.address() as AddressInfo).port : 0;
  peer.origin = path === undefined ? `http://127.0.0.1:${peer.port}` : "http://localhost";
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return peer;
}

/** A client of the peers. When the test ends it is drained, and the peers must then have no connection left. */
export function clientOf(peers: Peer | readonly Peer[], options: Partial<ClientOptions> = {}): HttpClient {
  const all = [peers].flat() as Peer[];
  const where = all.length === 1 ? { origin: all[0]?.origin } : { origins: all.map(({ origin }) => origin) };
  const made = client({ ...where, ...options });
  onTestFinished(async () => {
    await made.drain({ deadlineMs: 0 });
    for (const peer of all) await peer.empty();
  });
  return made;
}

/** The body of a request, whole. */
export async function whole(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Answers what came. */
export const echo: RequestListener = async (request: IncomingMessage, response: ServerResponse) => {
  const body = await whole(request).catch(() => Buffer.alloc(0));
  response.setHeader("content-type", "application/json");
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: body.toString("latin1"), length: body.length }));
};

/** What a failed request failed with. */
export async function failure(work: PromiseLike<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("it did not fail");
}
