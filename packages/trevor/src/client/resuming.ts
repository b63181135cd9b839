/**
 * A client's side of a session: what is written waits in a bounded queue until the server has taken it, goes out again
 * behind what the server has received when there is a new connection, and is told of when the session is lost.
 * Invariants: acknowledgements are worked off while messages wait for their reader; a message that no connection has had
 * goes over into the next session, any other is lost with its own.
 */
import { type Channel, CLOSED, channel, go, type Op, unbounded, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { closed, lost, queueFull, type TrevorError } from "../errors.js";
import type { Frame } from "../schema.js";
import { control, PROTOCOL, unwrap, wrap } from "../session/envelope.js";
import { Session } from "../session/session.js";
import type { ClientHall, Talk, Way, WebSocketLike } from "./way.js";

/** What a client may have written and the server not acknowledged. All have defaults. */
export interface QueueLimits {
  /** 1,024. */
  readonly maxMessages?: number | undefined;
  /** 1 MiB; characters of text count one. */
  readonly maxBytes?: number | undefined;
  /** What a write past that does: it is refused, or the oldest message that was not sent yet is dropped. "refuse" by default. */
  readonly overflow?: "refuse" | "drop" | undefined;
}

type Queue = { readonly [K in keyof QueueLimits]-?: Exclude<QueueLimits[K], undefined> };

interface Message {
  readonly frame: Frame;
  readonly size: number;
  /** Told what became of the message: nothing for taken. */
  readonly settle: (failure?: TrevorError) => void;
}

/** Checks the option and fills in the defaults. Throws UNKNOWN_OPTION or BAD_OPTION. */
export function queueOf(resume: true | QueueLimits | undefined): Queue | undefined {
  if (resume === undefined) return undefined;
  if (resume !== true && (typeof resume !== "object" || resume === null)) {
    throw misuse("type", "BAD_OPTION", `connect() option resume must be true or limits, got ${describe(resume)}`);
  }
  const given = resume === true ? {} : resume;
  checkOptions("connect() option resume", given, ["maxMessages", "maxBytes", "overflow"]);
  const { maxMessages = 1024, maxBytes = 1024 * 1024, overflow = "refuse" } = given;
  for (const value of [maxMessages, maxBytes]) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw misuse("range", "BAD_OPTION", `the limits of resume are integers >= 1, got ${describe(value)}`);
  }
  if (overflow !== "refuse" && overflow !== "drop") {
    throw misuse("type", "BAD_OPTION", `resume.overflow must be "refuse" or "drop", got ${describe(overflow)}`);
  }
  return { maxMessages, maxBytes, overflow };
}

export class Resuming<M> implements Way {
  static readonly protocol: string = PROTOCOL;

  readonly #hall: ClientHall<M>;
  readonly #queue: Queue;
  readonly #arrived: Channel<{ readonly session: Session<Message>; readonly frame: Frame }> = channel(unbounded());
  #session: Session<Message>;
  #id: string = newId();
  // True until the server has said that it has the session.
  #fresh = true;
  // The connection that the session has, once both sides agree on it.
  #socket: WebSocketLike | null = null;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(hall: ClientHall<M>, queue: Queue) {
    this.#hall = hall;
    this.#queue = queue;
    this.#session = new Session(queue);
    const reader = go(() => this.#reading(), { name: "reading", supervisor: null });
    // A schema that throws: whoever takes messages hears of it.
    void reader.then(undefined, (error: unknown) => hall.messages.abort(error));
  }

  write(frame: Frame): Op<boolean> {
    return until(Promise.resolve(this.#push(frame, () => {})));
  }

  deliver(frame: Frame): Op<void> {
    const delivered = new Promise<void>((resolve, reject) => {
      const settle = (failure?: TrevorError): void => (failure === undefined ? resolve() : reject(failure));
      if (!this.#push(frame, settle)) settle(this.#ended ? closed() : queueFull());
    });
    // Not to await it is allowed.
    delivered.catch(() => {});
    return until(delivered);
  }

  talk(socket: WebSocketLike): Talk {
    const resuming = this;
    return {
      get ready(): boolean {
        return resuming.#socket === socket;
      },
      opened() {
        // A server that does not speak the protocol must get none of it.
        if (socket.protocol !== PROTOCOL) return socket.close();
        resuming.#hello(socket);
      },
      // biome-ignore lint/correctness/useYield: nothing to wait for; the reading has a fiber of its own
      *frame(frame): Generator<unknown, void, never> {
        // What had come behind a breach.
        if (socket.readyState === 1) resuming.#receive(socket, frame);
      },
      ended() {
        resuming.#socket = null;
      },
    };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket = null;
    clearTimeout(this.#telling);
    this.#arrived.close();
    const { unknown, unsent } = this.#session.end();
    for (const { settle } of unknown) settle(lost());
    for (const { settle } of unsent) settle(closed());
  }

  #push(frame: Frame, settle: Message["settle"]): boolean {
    if (this.#ended) return false;
    if (this.#session.full) {
      const dropped = this.#queue.overflow === "drop" ? this.#session.withdraw() : undefined;
      if (dropped === undefined) return false;
      dropped.settle(queueFull());
    }
    this.#session.push({ frame, size: frame.length, settle });
    this.#flush();
    return true;
  }

  #hello(socket: WebSocketLike): void {
    const { received } = this.#session;
    socket.send(control({ tag: "hello", session: this.#id, fresh: this.#fresh, received }));
  }

  #receive(socket: WebSocketLike, frame: Frame): void {
    const said = typeof frame === "string" ? unwrap(frame) : ({ tag: "bytes" } as const);
    if (said?.tag === "lost") {
      this.#lose();
      this.#hello(socket);
    } else if (said?.tag === "welcome") this.#resume(socket, said.received);
    else if (said?.tag === "taken") this.#acknowledge(socket, said.count);
    else if (said?.tag === "bytes") this.#message(socket, frame);
    else if (said?.tag === "message") this.#message(socket, said.text);
    else this.#breach(socket);
  }

  #resume(socket: WebSocketLike, received: number): void {
    // The server has received what was never sent: it has another session.
    if (!this.#session.resume(received)) return this.#breach(socket);
    this.#fresh = false;
    this.#socket = socket;
    this.#hall.counts.connections++;
    this.#hall.change("open");
    this.#tell();
    this.#flush();
  }

  #acknowledge(socket: WebSocketLike, count: number): void {
    const taken = this.#session.acknowledge(count);
    if (taken === null) return this.#breach(socket);
    for (const { settle } of taken) settle();
    this.#flush();
  }

  #message(socket: WebSocketLike, frame: Frame): void {
    if (this.#socket !== socket || !this.#session.receive(frame.length)) return this.#breach(socket);
    this.#arrived.tryGive({ session: this.#session, frame });
  }

  // The server does not keep to the protocol: what it holds is not to be trusted.
  #breach(socket: WebSocketLike): void {
    this.#socket = null;
    this.#lose();
    socket.close(4002, "protocol breach");
  }

  #lose(): void {
    const { unknown, unsent } = this.#session.end();
    this.#session = new Session(this.#queue);
    this.#id = newId();
    this.#fresh = true;
    this.#hall.counts.lost++;
    this.#hall.change("lost");
    for (const message of unsent) this.#session.push(message);
    for (const { settle } of unknown) settle(lost());
  }

  #flush(): void {
    if (this.#socket === null) return;
    for (let message = this.#session.next(); message !== undefined; message = this.#session.next()) {
      const { frame } = message;
      this.#hall.counts.sent++;
      this.#socket.send(typeof frame === "string" ? wrap(frame) : frame);
    }
  }

  // Gives what has arrived to the reader, and tells the server how far that is.
  *#reading(): Generator<unknown, void, never> {
    for (;;) {
      const arrived = yield* this.#arrived.take();
      if (arrived === CLOSED) return;
      const made = yield* this.#hall.read(arrived.frame);
      if (made !== null) yield* this.#hall.messages.give(made.message);
      arrived.session.take();
      // Once for all that is taken in one turn.
      if (!this.#ended) this.#telling ??= setTimeout(() => this.#tell(), 0);
    }
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (this.#socket === null) return;
    const count = this.#session.due();
    if (count !== null) this.#socket.send(control({ tag: "taken", count }));
  }
}

// The session belongs to whoever knows its name.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
