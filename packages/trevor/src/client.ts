/**
 * `@good-place/trevor/client`: a socket that comes back. Runs in browsers, and in Node with a global WebSocket or one
 * that is given. Its fiber connects, passes messages on in order, and connects again after a wait until it is closed.
 * Invariant: a message is written to one connection at most; what a broken connection lost is not written again.
 */
import {
  type Channel,
  CLOSED,
  channel,
  type Fiber,
  go,
  type Op,
  select,
  sleep,
  sliding,
  timeout,
  unbounded,
  until,
} from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { backoffMs, type Retry, retryOf } from "./backoff.js";
import { checkSchema, type Frame, readFrame, type Schema, toFrame } from "./schema.js";

/** The part of a browser's WebSocket that is used. */
export interface WebSocketLike {
  binaryType: string;
  send(data: Frame): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: browsers and ws type their events differently
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: any) => void): void;
}

export type WebSocketMaker = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface ConnectOptions<M> {
  /** What is read has to fit; what does not is dropped and counted. With a schema messages are JSON. */
  readonly schema?: Schema<M> | undefined;
  readonly protocols?: string | string[] | undefined;
  /** The constructor to use; the global one by default. */
  readonly WebSocket?: WebSocketMaker | undefined;
  readonly retry?: Retry | undefined;
  /** How long an attempt may take; 10 s. */
  readonly openMs?: number | undefined;
  /** Messages that may wait to be taken; 1,024. One more closes the connection with 4013, and it is made again. */
  readonly buffer?: number | undefined;
}

/** `open` may be followed by `waiting`, and that by `connecting`; `closed` is the last. */
export type Status = "connecting" | "open" | "waiting" | "closed";

export interface ClientStatistics {
  readonly connections: number;
  readonly failures: number;
  readonly received: number;
  readonly invalid: number;
  readonly sent: number;
}

export interface Client<M> {
  /** What is received, over all connections. Closes with the client. */
  readonly messages: Channel<M>;
  /** The changes of the status; whoever is late finds the last sixteen. Closes with the client. */
  readonly changes: Channel<Status>;
  readonly status: Status;
  /** Sends, once there is a connection. True when the connection has the message, false when the client is closed. */
  write(message: unknown): Op<boolean>;
  /** Ends the client. Settles at once: the peer is told, and not waited for. */
  close(code?: number, reason?: string): Op<void>;
  statistics(): ClientStatistics;
}

type WireEvent =
  | { readonly tag: "open" }
  | { readonly tag: "frame"; readonly frame: Frame }
  | { readonly tag: "close" };

const known = ["schema", "protocols", "WebSocket", "retry", "openMs", "buffer"];

/** Connects, and goes on connecting until it is closed. Throws BAD_OPTION or NO_WEBSOCKET. */
export function connect<M = Frame>(url: string, options: ConnectOptions<M> = {}): Client<M> {
  checkOptions("connect()", options, known);
  checkSchema("connect()", options.schema);
  const { schema, protocols, openMs = 10_000, buffer = 1024 } = options;
  const WebSocket = makerOf(options.WebSocket);
  const retry = retryOf(options.retry ?? {});
  const counts = { connections: 0, failures: 0, received: 0, invalid: 0, sent: 0 };
  const messages = channel<M>(buffer, { name: "messages" });
  const changes = channel<Status>(sliding(16), { name: "changes" });
  const outbox = channel<Frame>();
  let status: Status = "connecting";
  let current: WebSocketLike | null = null;

  function change(next: Status): void {
    if (status === "closed" || (status === next && next !== "connecting")) return;
    status = next;
    changes.tryGive(next);
  }

  // Frames are taken from their writers only while there is a connection that can have them.
  function* sending(socket: WebSocketLike): Generator<unknown, void, never> {
    for (;;) {
      const frame = yield* outbox.take();
      if (frame === CLOSED) return;
      counts.sent++;
      socket.send(frame);
    }
  }

  function* receive(socket: WebSocketLike, frame: Frame): Generator<unknown, void, never> {
    const made = readFrame(frame, schema);
    const read = made instanceof Promise ? yield* until(made) : made;
    if (!read.ok) {
      counts.invalid++;
      return;
    }
    counts.received++;
    if (messages.tryGive(read.message) === "full") {
      socket.close(4013, "too slow");
      yield* messages.give(read.message);
    }
  }

  // One connection, from the attempt to its end. True when it was open.
  function* connection(): Generator<unknown, boolean, never> {
    const socket = new WebSocket(url, protocols);
    const events = listen(socket);
    let sender: Fiber<void> | null = null;
    current = socket;
    try {
      for (;;) {
        const event = yield* next(events, sender === null ? openMs : undefined);
        if (event.tag === "close") return sender !== null;
        if (event.tag === "frame") yield* receive(socket, event.frame);
        else {
          counts.connections++;
          change("open");
          sender = go(() => sending(socket), { name: "sending", supervisor: null });
        }
      }
    } finally {
      sender?.cancel("the connection has ended");
      current = null;
      // After a deadline it is still there; closing a closed one is nothing.
      socket.close();
    }
  }

  const fiber = go(
    function* client(): Generator<unknown, void, never> {
      for (let failures = 0; ; failures++) {
        change("connecting");
        if (yield* connection()) failures = 0;
        counts.failures++;
        change("waiting");
        yield* sleep(backoffMs(failures, retry, Math.random()));
      }
    },
    { name: "client", supervisor: null },
  );
  // Cancelled by `close`; any other end is a bug, and whoever takes messages hears of it.
  void fiber.then(undefined, (error: unknown) => {
    if (status === "closed") return;
    change("closed");
    outbox.close();
    changes.close();
    messages.abort(error);
  });

  return Object.freeze({
    messages,
    changes,
    get status(): Status {
      return status;
    },
    write: (message: unknown) => outbox.give(toFrame(message, schema !== undefined)),
    close(code = 1000, reason = ""): Op<void> {
      const socket = current;
      change("closed");
      outbox.close();
      // First with the code and reason of the caller: the fiber closes what it leaves without any.
      socket?.close(code, reason);
      fiber.cancel("closed");
      messages.close();
      changes.close();
      return until(Promise.resolve());
    },
    statistics: () => ({ ...counts }),
  });
}

// The next event; a close when none comes in time.
function* next(events: Channel<WireEvent>, withinMs: number | undefined): Generator<unknown, WireEvent, never> {
  if (withinMs === undefined) {
    const event = yield* events.take();
    return event === CLOSED ? { tag: "close" } : event;
  }
  const hit = yield* select([events, timeout(withinMs)]);
  return hit.tag === "take" ? hit.value : { tag: "close" };
}

// What happens on the connection, in its order, as values.
function listen(socket: WebSocketLike): Channel<WireEvent> {
  const events = channel<WireEvent>(unbounded());
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => events.tryGive({ tag: "open" }));
  socket.addEventListener("close", () => events.tryGive({ tag: "close" }));
  // A close follows, which is what counts; without a listener some implementations would throw.
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
    events.tryGive({ tag: "frame", frame: typeof data === "string" ? data : new Uint8Array(data) });
  });
  return events;
}

function makerOf(given: WebSocketMaker | undefined): WebSocketMaker {
  const maker = given ?? (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
  if (typeof maker === "function") return maker;
  throw misuse(
    "type",
    "NO_WEBSOCKET",
    `there is no global WebSocket here: pass one as WebSocket, got ${describe(given)}`,
  );
}
