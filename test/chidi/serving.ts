/**
 * What the tests of the servers share: a server on a free port that ends with the test, its signals, and raw bytes.
 */
import { connect, type Socket } from "node:net";
import { type Channel, channel, type Signal, unbounded } from "@good-place/channel";
import { type ChidiOptions, type ChidiServer, chidi } from "@good-place/chidi";
import { onTestFinished } from "vitest";

export interface Serving {
  readonly server: ChidiServer;
  readonly port: number;
  readonly url: string;
  /** Every signal, in order. */
  readonly signals: Signal[];
  /** The next signal with the tag, past those that came before. */
  next<S extends Signal = Signal & Record<string, never>>(tag: string): Promise<S>;
}

/** Starts a server that is drained when the test ends. Its signals are recorded, unless the options have rules. */
export async function serve(options: Omit<ChidiOptions, "port">): Promise<Serving> {
  const signals: Signal[] = [];
  const log = channel<Signal>(unbounded());
  const record = (signal: Signal): void => {
    signals.push(signal);
    log.tryGive(signal);
  };
  const server = await chidi({ rules: [[{}, record]], ...options, port: 0 });
  onTestFinished(async () => {
    await server.drain({ deadlineMs: 0 });
  });
  const { port } = server.address as { port: number };
  return { server, port, url: `http://127.0.0.1:${port}`, signals, next: (tag) => taken(log, tag) as never };
}

async function taken(log: Channel<Signal>, tag: string): Promise<Signal> {
  for await (const signal of log) if (signal.tag === tag) return signal;
  throw new Error(`no ${tag} signal`);
}

/** A raw connection that is destroyed when the test ends. */
export function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => resolve(socket));
    socket.once("error", reject);
    onTestFinished(() => {
      socket.destroy();
    });
  });
}

/** Sends the bytes and answers what came until the server closed. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = await dial(port);
  socket.write(bytes, "latin1");
  return rest(socket);
}

/** What comes until the server closes. */
export function rest(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    if (socket.closed) resolve(text);
    if (socket.readableEnded) socket.end();
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.once("end", () => socket.end());
    socket.once("close", () => resolve(text));
  });
}

/** Reads until the text is there. */
export function until(socket: Socket, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", function read(chunk) {
      text += chunk.toString("latin1");
      if (!text.includes(wanted)) return;
      socket.removeListener("data", read);
      resolve(text);
    });
    socket.once("close", () => reject(new Error(`closed after ${text}`)));
  });
}

/** A promise and its ends. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((end) => {
    resolve = end;
  });
  return { promise, resolve };
}
