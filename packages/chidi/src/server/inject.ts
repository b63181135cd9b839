/**
 * `inject`: a request to a handler without a socket, for tests. It goes through the same server as any other, as bytes
 * over a pipe inside the process, so that every check, limit and answer is the real one.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Op, until } from "@good-place/channel";
import { describe, misuse } from "@good-place/channel/misuse";
import type { Handler } from "../routing/router.js";
import { type ChidiOptions, settingsOf } from "../settings.js";
import { pipe } from "./pipe.js";
import { HttpFloor } from "./server.js";

const outside = ["port", "host", "path", "mode", "fd", "tls", "sni", "http2", "sockets"] as const;

/** The options of a server that listens nowhere. */
export type InjectOptions = Omit<ChidiOptions, (typeof outside)[number]>;

/**
 * Makes one request of a handler, or of a server's options, and answers its response; a URL may be a path alone. The
 * server ends when the response's body has been read or cancelled. Fails as `fetch` does when the request's signal aborts
 * or the server breaks the connection off; throws as `chidi` does on wrong options.
 */
export function inject(
  target: Handler | InjectOptions,
  input: Request | URL | string,
  init?: RequestInit,
): Op<Response> {
  const options = typeof target === "function" ? { handler: target } : target;
  if (typeof options !== "object" || options === null) {
    throw misuse("type", "BAD_OPTION", `inject() takes a handler or a server's options, got ${describe(options)}`);
  }
  const wrong = outside.find((name) => (options as Partial<ChidiOptions>)[name] !== undefined);
  if (wrong !== undefined) {
    throw misuse("type", "BAD_OPTION", `inject() takes no ${wrong}: nothing listens, and no connection is made`);
  }
  const settings = settingsOf({ ...options, port: 0 });
  const request = new Request(typeof input === "string" ? new URL(input, "http://localhost") : input, init);
  // In node's own call-back no fiber runs: what the server starts belongs to nobody's scope.
  return until(
    new Promise<Response>((resolve, reject) => {
      setImmediate(() => {
        const floor = new HttpFloor(settings);
        const [client, server] = pipe();
        client.once("close", () => void floor.drain({ deadlineMs: 1000 }));
        floor.serve(server);
        ask(request, client).then(resolve, (error: unknown) => {
          client.destroy();
          reject(error);
        });
      });
    }),
  );
}

async function ask(request: Request, client: Socket): Promise<Response> {
  const { pathname, search, host } = new URL(request.url);
  const { method, signal } = request;
  const headers = { host, ...Object.fromEntries(request.headers) };
  const asked = httpRequest({ method, path: pathname + search, headers, signal, createConnection: () => client });
  const answered = answer(asked);
  if (request.body === null) asked.end();
  // An answer may come before the body is sent, and end the connection: it counts, not the sending.
  else pipeline(Readable.fromWeb(request.body as never), asked).catch(() => {});
  return response(await answered);
}

function answer(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once("response", resolve);
    asked.on("error", reject);
  });
}

function response(message: IncomingMessage): Response {
  const status = message.statusCode as number;
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = message.rawHeaders[i] as string;
    // The pipe's own business.
    if (!/^(?:connection|keep-alive|transfer-encoding)$/i.test(name))
      headers.append(name, message.rawHeaders[i + 1] as string);
  }
  const bodiless = status === 204 || status === 205 || status === 304;
  if (bodiless) message.resume();
  return new Response(bodiless ? null : (Readable.toWeb(message) as never), { status, headers });
}
