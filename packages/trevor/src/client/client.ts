/**
 * `@good-place/trevor/client`: a socket that comes back. Runs in browsers, and in Node with a global WebSocket or one
 * that is given. Its fiber connects, passes messages on in order, and connects again after a wait until it is closed.
 * Without `resume` a message is written to one connection at most; with it, a session outlives its connections.
 */
import { type Channel, CLOSED, channel, type Fiber, go, type Op, sliding, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { checkSchema, type Frame, readFrame, type Schema, toFrame } from "../schema.js";
import { type Retry, retryOf } from "./backoff.js";
import { type Dialed, dialing, makerOf, type WebSocketMaker } from "./dialing.js";
import { type QueueLimits, queueOf, Resuming } from "./resuming.js";
import type { ClientHall, Status, Way, WebSocketLike } from "./way.js";

export { type SafeError, type SafeIssue, TrevorError } from "../errors.js";
export type { Frame, QueueLimits, Retry, Schema, Status, WebSocketLike, WebSocketMaker };

export interface ConnectOptions<M> {
  /** What is read has to fit; what does not is dropped and counted. With a schema messages are JSON. */
  readonly schema?: Schema<M> | undefined;
  readonly protocols?: string | string[] | undefined;
  /** The constructor to use; the global one by default. */
  readonly WebSocket?: WebSocketMaker | undefined;
  readonly retry?: Retry | undefined;
  /** How long an attempt may take; 10 s. */
  readonly openMs?: number | undefined;
  /**
   * Messages that may wait to be taken; 1,024. Without `resume` one more closes the connection with 4013, and it is made
   * again; with it the server waits.
   */
  readonly buffer?: number | undefined;
}

export interface ResumeOptions<M> extends Omit<ConnectOptions<M>, "protocols"> {
  /** A session, with an endpoint that has `resume` too; with what may wait to be acknowledged. */
  readonly resume: true | QueueLimits;
}

export interface ClientStatistics {
  readonly connections: number;
  readonly failures: number;
  readonly received: number;
  readonly invalid: number;
  readonly sent: number;
  /** Sessions that were lost. */
  readonly lost: number;
  /** How long the wait for the next attempt is, while it is waited for; else 0. */
  readonly waitMs: number;
}

export interface Client<M> {
  /** What is received, over all connections. Closes with the client. */
  readonly messages: Channel<M>;
  /** The changes of the status; whoever is late finds the last sixteen. Closes with the client. */
  readonly changes: Channel<Status>;
  readonly status: Status;
  /**
   * Sends, once there is a connection. True when the connection has the message, false when the client is closed. With
   * `resume`: true when the message is in the queue, false when that is full. Throws BAD_MESSAGE.
   */
  write(message: unknown): Op<boolean>;
  /** Ends the client. Settles at once: the peer is told, and not waited for. */
  close(code?: number, reason?: string): Op<void>;
  statistics(): ClientStatistics;
}

export interface ResumingClient<M> extends Client<M> {
  /**
   * Sends, and settles when the server's handler is done with the message. Fails with QUEUE_FULL or CLOSED when it was not
   * sent, because of the queue or of the end of the client; with LOST when the session ended, and nobody knows whether the
   * message arrived. Cancelling it leaves the message where it is. Throws BAD_MESSAGE.
   */
  deliver(message: unknown): Op<void>;
}

const known = ["schema", "protocols", "WebSocket", "retry", "openMs", "buffer", "resume"];

/**
 * Connects, and goes on connecting until it is closed. With `resume` every message arrives once, in order, both ways, or
 * the loss is told. Throws UNKNOWN_OPTION, BAD_OPTION or NO_WEBSOCKET.
 */
export function connect<M = Frame>(url: string, options: ResumeOptions<M>): ResumingClient<M>;
export function connect<M = Frame>(url: string, options?: ConnectOptions<M>): Client<M>;
export function connect<M = Frame>(
  url: string,
  options: ConnectOptions<M> & Partial<ResumeOptions<M>> = {},
): Client<M> | ResumingClient<M> {
  checkOptions("connect()", options, known);
  checkSchema("connect()", options.schema);
  const { schema, protocols, openMs = 10_000, buffer = 1024 } = options;
  if (!(typeof openMs === "number" && openMs > 0 && openMs < 2 ** 31)) {
    throw misuse("range", "BAD_OPTION", `connect() option openMs is a time in milliseconds, got ${describe(openMs)}`);
  }
  const queue = queueOf(options.resume);
  if (queue !== undefined && protocols !== undefined) {
    throw misuse(
      "type",
      "BAD_OPTION",
      `a session has a protocol of its own: leave out protocols, ${describe(protocols)}`,
    );
  }
  const dialed: Dialed = {
    url,
    protocols: queue === undefined ? protocols : Resuming.protocol,
    WebSocket: makerOf(options.WebSocket),
    openMs,
    retry: retryOf(options.retry ?? {}),
  };
  const counts = { connections: 0, failures: 0, received: 0, invalid: 0, sent: 0, lost: 0, waitMs: 0 };
  const messages = channel<M>(buffer, { name: "messages" });
  const changes = channel<Status>(sliding(16), { name: "changes" });
  let status: Status = "connecting";
  let current: WebSocketLike | null = null;

  function change(next: Status): void {
    if (status === "closed" || (status === next && next !== "connecting")) return;
    status = next;
    changes.tryGive(next);
  }

  // What a frame says, if it fits the schema.
  function* read(frame: Frame): Generator<unknown, { readonly message: M } | null, never> {
    const made = readFrame(frame, schema);
    const read = made instanceof Promise ? yield* until(made) : made;
    if (!read.ok) {
      counts.invalid++;
      return null;
    }
    counts.received++;
    return read;
  }

  const hall = { dialed, counts, messages, change, read };
  const way = queue === undefined ? plain(hall) : new Resuming(hall, queue);

  // Nothing goes in or out any more.
  function end(): void {
    change("closed");
    way.end();
    changes.close();
  }

  const fiber = go(
    () =>
      dialing(
        dialed,
        (socket) => {
          current = socket;
          return way.talk(socket);
        },
        {
          connecting: () => {
            counts.waitMs = 0;
            change("connecting");
          },
          waiting: (ms) => {
            counts.failures++;
            counts.waitMs = ms;
            current = null;
            change("waiting");
          },
        },
      ),
    { name: "client", supervisor: null },
  );
  // Ended by `retry.stop`, or cancelled by `close`; any other end is a bug, and whoever takes messages hears of it.
  void fiber.then(
    () => {
      end();
      messages.close();
    },
    (error: unknown) => {
      if (status === "closed") return;
      end();
      messages.abort(error);
    },
  );

  return Object.freeze({
    messages,
    changes,
    get status(): Status {
      return status;
    },
    write: (message: unknown) => way.write(toFrame(message, schema !== undefined)),
    ...(way instanceof Resuming && {
      deliver: (message: unknown) => way.deliver(toFrame(message, schema !== undefined)),
    }),
    close(code = 1000, reason = ""): Op<void> {
      const socket = current;
      end();
      // First with the code and reason of the caller: the fiber closes what it leaves without any.
      socket?.close(code, reason);
      fiber.cancel("closed");
      messages.close();
      return until(Promise.resolve());
    },
    statistics: () => ({ ...counts }),
  });
}

// Each message belongs to one connection.
function plain<M>({ counts, messages, change, read }: ClientHall<M>): Way {
  const outbox = channel<Frame>();

  // Frames are taken from their writers only while there is a connection that can have them.
  function* sending(socket: WebSocketLike): Generator<unknown, void, never> {
    for (;;) {
      const frame = yield* outbox.take();
      if (frame === CLOSED) return;
      counts.sent++;
      socket.send(frame);
    }
  }

  return {
    write: (frame) => outbox.give(frame),
    end: () => void outbox.close(),
    talk(socket) {
      let sender: Fiber<void> | null = null;
      return {
        get ready(): boolean {
          return sender !== null;
        },
        opened() {
          counts.connections++;
          change("open");
          sender = go(() => sending(socket), { name: "sending", supervisor: null });
        },
        *frame(frame): Generator<unknown, void, never> {
          const made = yield* read(frame);
          if (made === null || messages.tryGive(made.message) !== "full") return;
          socket.close(4013, "too slow");
          yield* messages.give(made.message);
        },
        ended: () => sender?.cancel("the connection has ended"),
      };
    },
  };
}
