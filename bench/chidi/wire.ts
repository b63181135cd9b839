/**
 * What every server of the bench serves, and the requests that ask for it. The answers are the same bytes, headers aside:
 * `load.ts` counts only those.
 */
import { z } from "zod";

/** Starts the server on a free port of 127.0.0.1 and answers the port. */
export type Serve = () => Promise<number>;

export interface Ask {
  readonly head: string;
  readonly body: string;
  /** The body of the answer. */
  readonly answer: string;
}

export const HELLO = "hello";

/** Of a task as it is sent, for whoever reads Standard Schema; fastify has its own form of the same. */
export const taskId = z.object({ id: z.string().regex(/^\d+$/) });
export const task = z.object({ title: z.string(), done: z.boolean() });

/** What a handler waits for that has to wait. */
export async function later(): Promise<string> {
  return HELLO;
}

const sent = { title: "a title of usual length", done: false };

/** GET /hello: text. */
export const hello: Ask = ask("GET", "/hello", HELLO);
/** GET /later: the same, by a handler that waits. */
export const waiting: Ask = ask("GET", "/later", HELLO);
/** POST /tasks/:id: JSON with a param, both checked. */
export const checkedTask: Ask = ask(
  "POST",
  "/tasks/42",
  JSON.stringify({ id: "42", ...sent }),
  "application/json",
  JSON.stringify(sent),
);
/** POST /size: how long the text is. */
export const largeBody: Ask = ask("POST", "/size", "65536", "text/plain", "a".repeat(64 * 1024));

function ask(method: string, path: string, answer: string, type?: string, body = ""): Ask {
  const about = type === undefined ? "" : `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`;
  return { head: `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n${about}`, body, answer };
}
