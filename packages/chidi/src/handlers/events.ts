/**
 * `events`: server-sent events (the event stream of HTML). Nothing is taken from the source before the client has room
 * for it, and every way to the end (the client leaves, the server drains, the source ends or fails) lets go of the source.
 */
import { type Channel, CLOSED, isChannel } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { type LiveChunks, onDrain } from "../answer/stream.js";
import { ChidiError } from "../errors.js";
import { type HttpRequest, headerOf, type Params } from "../request/request.js";
import type { Handler } from "../routing/router.js";

/** One event. A stream with anything else, or with a line break in an id or a name, fails with BAD_EVENT. */
export interface ServerEvent {
  /** Text, of several lines if need be. */
  readonly data: string;
  /** The client sends the last one back when it connects again. */
  readonly id?: string | undefined;
  /** What the client listens for; "message" where there is none. */
  readonly event?: string | undefined;
  /** How long the client is to wait before it connects again. */
  readonly retry?: number | undefined;
}

/** Whom a source is to give events to. */
export interface Listener<P = Params> {
  /** The id of the last event that the client has seen, when it connects again. */
  readonly lastEventId: string | undefined;
  /** Aborts when the stream has ended, for whatever reason: a generator that waits hears of it in no other way. */
  readonly signal: AbortSignal;
  readonly request: HttpRequest<P>;
}

/** Where the events of one client come from. A client that leaves does not close a channel, and takes nothing from it while it waits. */
export type EventSourceOf<P = Params> = (listener: Listener<P>) => AsyncIterable<ServerEvent> | Channel<ServerEvent>;

export interface EventsOptions {
  /** A comment is sent when there was nothing for so long, which keeps what is between from hanging up; 15,000 by default. */
  readonly heartbeatMs?: number | undefined;
}

const LONGEST_MS = 2 ** 31 - 1;
const COMMENT = ":\n\n";
type Step = IteratorResult<ServerEvent, unknown>;

/**
 * A handler that streams the events of a source, which is asked anew for each client and told the id that the client has
 * seen last. The stream ends when the source does and when the server drains; the client then connects again, unless it
 * is answered 204. Throws BAD_OPTION and UNKNOWN_OPTION.
 */
export function events<P = Params>(source: EventSourceOf<P>, options: EventsOptions = {}): Handler<P> {
  if (typeof source !== "function") {
    throw misuse("type", "BAD_OPTION", `events() takes a function of the last event's id, got ${describe(source)}`);
  }
  checkOptions("events()", options, ["heartbeatMs"]);
  const { heartbeatMs = 15_000 } = options;
  if (!Number.isInteger(heartbeatMs) || heartbeatMs < 1 || heartbeatMs > LONGEST_MS) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `events() option heartbeatMs must be an integer from 1 to ${LONGEST_MS}, got ${describe(heartbeatMs)}`,
    );
  }
  return (request) => {
    const last = headerOf(request, "last-event-id");
    // Clients write it as UTF-8; node reads headers byte by byte.
    const lastEventId = last === null ? undefined : Buffer.from(last, "latin1").toString();
    const ended = new AbortController();
    const given = source({ lastEventId, signal: ended.signal, request });
    return {
      // A proxy that gathers answers before it passes them on would hold the events up.
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" },
      body: new EventStream(given, heartbeatMs, ended),
    };
  };
}

// An iterator written by hand: an async generator that waits for its source cannot be told that nobody waits for it.
class EventStream implements LiveChunks, AsyncIterator<string> {
  readonly #source: AsyncIterable<ServerEvent> | Channel<ServerEvent>;
  readonly #heartbeatMs: number;
  readonly #ended: AbortController;
  #pull: (() => PromiseLike<Step>) | null = null;
  #release: () => unknown = () => {};
  // At most one event is on its way: asked for, and then here but not handed over.
  #asked = false;
  #come: Promise<Step> | null = null;
  #deliver: ((chunk: Promise<string | null> | string | null) => void) | null = null;

  constructor(source: AsyncIterable<ServerEvent> | Channel<ServerEvent>, heartbeatMs: number, ended: AbortController) {
    this.#source = source;
    this.#heartbeatMs = heartbeatMs;
    this.#ended = ended;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    if (this.#ended.signal.aborted) return { done: true, value: undefined };
    if (this.#pull === null) {
      this.#pull = this.#begin();
      // The head goes out with the first chunk, and until then the client does not know that it is connected.
      return { done: false, value: COMMENT };
    }
    const chunk = await this.#chunk(this.#pull);
    if (chunk !== null) return { done: false, value: chunk };
    this.#ended.abort();
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this[onDrain]();
    return Promise.resolve({ done: true, value: undefined });
  }

  [onDrain](): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#deliver?.(null);
    this.#release();
  }

  #begin(): () => PromiseLike<Step> {
    const source = this.#source;
    if (isChannel(source)) {
      const { signal } = this.#ended;
      return () => (source as Channel<ServerEvent>).take({ signal }).then(stepOf);
    }
    const iterator = source[Symbol.asyncIterator]();
    this.#release = () => iterator.return?.().then(undefined, () => {});
    return () => iterator.next();
  }

  #chunk(pull: () => PromiseLike<Step>): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#deliver?.(COMMENT), this.#heartbeatMs);
      this.#deliver = (chunk) => {
        this.#deliver = null;
        clearTimeout(timer);
        resolve(chunk);
      };
      if (this.#asked) this.#hand();
      else this.#ask(pull);
    });
  }

  #ask(pull: () => PromiseLike<Step>): void {
    this.#asked = true;
    const step = Promise.resolve(pull());
    const come = (): void => {
      this.#come = step;
      this.#hand();
    };
    step.then(come, come);
  }

  #hand(): void {
    const step = this.#come;
    if (step === null || this.#deliver === null) return;
    this.#asked = false;
    this.#come = null;
    this.#deliver(step.then(textOf));
  }
}

function stepOf(taken: ServerEvent | typeof CLOSED): Step {
  return taken === CLOSED ? { done: true, value: undefined } : { done: false, value: taken };
}

function textOf(step: Step): string | null {
  if (step.done === true) return null;
  if (typeof step.value !== "object" || step.value === null) {
    throw wrong(`an event is { data, id, event, retry }, got ${describe(step.value)}`);
  }
  const { data, id, event, retry } = step.value;
  if (typeof data !== "string") throw wrong(`an event's data is text, got ${describe(data)}: make it JSON`);
  let text = "";
  if (event !== undefined) text += `event: ${line("name", event)}\n`;
  if (id !== undefined) text += `id: ${line("id", id)}\n`;
  if (retry !== undefined) {
    if (!Number.isInteger(retry) || retry < 0) throw wrong("an event's retry is an integer >= 0, in milliseconds");
    text += `retry: ${retry}\n`;
  }
  for (const one of data.split(/\r\n|\r|\n/)) text += `data: ${one}\n`;
  return `${text}\n`;
}

// A line break would begin a field of somebody else's making; a NUL makes the client ignore the id.
function line(what: string, value: unknown): string {
  if (typeof value !== "string" || /[\r\n\0]/.test(value)) {
    throw wrong(`an event's ${what} is text of one line without NUL`);
  }
  return value;
}

function wrong(message: string): ChidiError {
  return new ChidiError("BAD_EVENT", message);
}
