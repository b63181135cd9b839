/**
 * The calls that one end of a line makes: they run at once and are answered in any order. Nothing is sent twice here.
 * Invariant: a call is settled once: by its answer, its deadline, a cancel, or the end of the line.
 */

import { type Fiber, go, type Op } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { isSignal } from "@good-place/channel/shapes";
import { type Call, deadlineOfFiber } from "../call.js";
import type { AnyMethod } from "../contract.js";
import { HempleError } from "../errors.js";
import { remoteError } from "../failure.js";
import type { Frame } from "../frame.js";
import { pending } from "../pending.js";
import type { Ending, Line } from "../wire/line.js";
import { Inlet, type Stream } from "./inlet.js";
import { isSource, Outlet, type Source } from "./outlet.js";

export interface CallOptions {
  /**
   * How long to wait; travels with the call, so that the handler is cancelled too. No limit by default, but that of the
   * call whose handler makes this one: in a fiber it is inherited.
   */
  readonly deadlineMs?: number | undefined;
  /** Cancels the call, here and on the other side; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The call whose handler makes this one: its deadline and its cancel hold here too. For handlers that are no generators. */
  readonly within?: Pick<Call, "deadline" | "signal"> | undefined;
  /**
   * Names this very call, for as long as the other side keeps answers: sent again with the same key and input it is not run
   * again, but gets the same answer. 1 to 128 letters; a UUID is one. Not for streams.
   */
  readonly key?: string | undefined;
}

/** One call that is asked for. */
export interface Asking {
  readonly name: string;
  readonly method: AnyMethod;
  readonly input: unknown;
  /** What is fed. */
  readonly source: Source<unknown> | undefined;
  readonly options: CallOptions;
  /** The position behind which a stream goes on. */
  readonly after?: string | number | undefined;
}

/** What makes calls. */
export interface Teller {
  ask(asking: Asking): Op<unknown> | Stream<unknown>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const LONGEST_MS = 2 ** 31 - 1;
const LONGEST_KEY = 128;

export class Caller implements Teller {
  readonly #line: Line;
  readonly #creditBytes: number;
  readonly #calls = new Map<number, Asked>();
  readonly #firstId: number;
  #lastId: number;
  #going = false;

  /** The ids of the calls rise by two from `firstId`. */
  constructor(line: Line, creditBytes: number, firstId: number) {
    this.#line = line;
    this.#creditBytes = creditBytes;
    this.#firstId = firstId;
    this.#lastId = firstId - 2;
    void line.ended.then((ending) => this.#ended(ending));
  }

  get sent(): number {
    return (this.#lastId - this.#firstId + 2) / 2;
  }

  get waiting(): number {
    return this.#calls.size;
  }

  /** True while calls can be made. */
  get open(): boolean {
    return this.#line.open && !this.#going;
  }

  ask(asking: Asking): Op<unknown> | Stream<unknown> {
    return asking.method.stream === undefined ? this.#call(asking) : this.#stream(asking);
  }

  /** The other side takes no more calls. */
  goaway(): void {
    this.#going = true;
  }

  receive(frame: Extract<Frame, { kind: "result" | "error" | "item" | "end" | "credit" }>, bytes: number): void {
    const { id } = frame;
    if (id > this.#lastId) throw new HempleError("PROTOCOL", `there was no call ${id}`);
    // What comes may cross a cancel on the way; then nobody waits for it.
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (frame.kind === "result") {
      this.#calls.delete(id);
      call.done();
      call.resolve(frame.value);
    } else if (frame.kind === "error") {
      this.#calls.delete(id);
      call.done();
      call.reject(remoteError(frame.failure));
    } else call.receive(frame, bytes);
  }

  /** Fails what waits, since this side closes the line. */
  leave(): void {
    this.#rejectAll("this side closed the line");
  }

  #call(asking: Asking): Op<unknown> {
    let cancel = (_reason: unknown): void => {};
    const answer = new Promise<unknown>((resolve, reject) => {
      const call = this.#send(asking, { resolve, reject }, undefined);
      cancel = (reason) => this.#cancel(call, reason);
    });
    return pending(answer, () => cancel(new HempleError("CANCELLED", `${asking.name} was cancelled by its caller`)));
  }

  #stream(asking: Asking): Stream<unknown> {
    const { name } = asking;
    let call: Asked | undefined;
    const inlet: Inlet<unknown> = new Inlet<unknown>(
      name,
      this.#creditBytes,
      (bytes) => void (call && this.#line.send({ kind: "credit", id: call.id, bytes })),
      (reason) => call && this.#cancel(call, reason),
    );
    const waiting = { resolve: () => inlet.end(), reject: (error: unknown) => inlet.end({ error }) };
    try {
      call = this.#send(asking, waiting, inlet);
    } catch (error) {
      inlet.end({ error });
    }
    return inlet;
  }

  // Sends the call. Throws where it cannot be sent.
  #send(asking: Asking, waiting: Waiting, inlet: Inlet<unknown> | undefined): Asked {
    const { name, method, input, source, options, after } = asking;
    checkCall(name, options);
    if (options.signal?.aborted) throw options.signal.reason;
    if (method.feed !== undefined && !isSource(source)) throw noSource(name, source);
    if (!this.#line.open) throw new HempleError("CLOSED", `${name} was not sent: the line is closed; dial again`);
    if (this.#going)
      throw new HempleError("DRAINING", `${name} was not sent: the other side is closing; dial again later`);
    if (this.#line.clogged)
      throw new HempleError("OVERLOADED", `${name} was not sent: the other side does not read; try later`);
    const id = this.#lastId + 2;
    const deadlineMs = deadlineOf(options);
    const credit = inlet && this.#creditBytes;
    sendable(name, () =>
      this.#line.send(
        { kind: "call", id, name, input, deadlineMs, credit, key: options.key, after },
        method.compress === "auto",
      ),
    );
    this.#lastId = id;
    const call = new Asked(id, waiting, inlet);
    this.#calls.set(id, call);
    const cancel = (reason: unknown): void => this.#cancel(call, reason);
    if (deadlineMs !== undefined) {
      const late = (): void => cancel(new HempleError("DEADLINE", `${name} was not answered within ${deadlineMs} ms`));
      call.timer = setTimeout(late, Math.min(deadlineMs, LONGEST_MS));
    }
    if (options.signal !== undefined) call.follow(options.signal, cancel);
    if (options.within !== undefined) call.follow(options.within.signal, cancel);
    if (method.feed !== undefined) this.#feed(call, asking, cancel);
    return call;
  }

  // Sends the source as far as the other side takes it; nothing before it has said so.
  #feed(call: Asked, { name, method, source }: Asking, cancel: (reason: unknown) => void): void {
    const outlet = new Outlet(0);
    const { id } = call;
    const send = (value: unknown): number =>
      sendable(name, () => this.#line.send({ kind: "item", id, value }, method.compress === "auto"));
    call.outlet = outlet;
    call.feeder = go(() => outlet.pour(source as Source<unknown>, send), {
      name: `feed of ${name}`,
      detached: true,
      supervisor: null,
    });
    call.feeder.then(() => this.#calls.has(id) && this.#line.send({ kind: "end", id }), cancel);
  }

  #cancel(call: Asked, reason: unknown): void {
    if (!this.#calls.delete(call.id)) return;
    this.#line.send({ kind: "cancel", id: call.id });
    call.done();
    call.reject(reason);
  }

  #ended({ code, error }: Ending): void {
    this.#rejectAll(`the line ended (${code})`, error);
  }

  #rejectAll(why: string, cause?: unknown): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      call.done();
      call.reject(new HempleError("CLOSED", `${why}: the call may or may not have run; dial again`, { cause }));
    }
  }
}

// A call that waits, with what has to be put away when it ends.
class Asked {
  readonly id: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly inlet: Inlet<unknown> | undefined;
  outlet: Outlet | undefined;
  feeder: Fiber<void> | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  #unfollow: (() => void)[] | undefined;

  constructor(id: number, { resolve, reject }: Waiting, inlet: Inlet<unknown> | undefined) {
    this.id = id;
    this.resolve = resolve;
    this.reject = reject;
    this.inlet = inlet;
  }

  follow(signal: AbortSignal, cancel: (reason: unknown) => void): void {
    const aborted = (): void => cancel(signal.reason);
    signal.addEventListener("abort", aborted);
    this.#unfollow ??= [];
    this.#unfollow.push(() => signal.removeEventListener("abort", aborted));
  }

  receive(frame: Extract<Frame, { kind: "item" | "end" | "credit" }>, bytes: number): void {
    if (frame.kind === "item" && this.inlet !== undefined) {
      this.inlet.arrived(bytes);
      this.inlet.item(frame.value, bytes);
    } else if (frame.kind === "credit" && this.outlet !== undefined) this.outlet.grant(frame.bytes);
    else throw new HempleError("PROTOCOL", `call ${frame.id} has no stream for a frame of kind ${frame.kind}`);
  }

  done(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.feeder?.cancel("the call has ended");
    for (const unfollow of this.#unfollow ?? []) unfollow();
  }
}

/** Refuses options that a call cannot have. */
export function checkCall(name: string, options: CallOptions): void {
  checkOptions(name, options, ["deadlineMs", "signal", "within", "key"]);
  const { deadlineMs, signal, key } = options;
  if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs >= 0 && deadlineMs < Infinity)) {
    const came = typeof deadlineMs === "number" ? deadlineMs : typeof deadlineMs;
    throw misuse("range", "BAD_OPTION", `${name}: deadlineMs must be a number from 0, got ${came}`);
  }
  if (signal !== undefined && !isSignal(signal))
    throw misuse("type", "BAD_OPTION", `${name}: signal must be an AbortSignal, got ${typeof signal}`);
  if (key !== undefined && (typeof key !== "string" || key === "" || key.length > LONGEST_KEY))
    throw misuse("type", "BAD_OPTION", `${name}: key must be text of 1 to ${LONGEST_KEY} letters, got ${typeof key}`);
}

/** How long a call may take: what its options say, and no longer than the call that it is made for. */
export function deadlineOf({ deadlineMs, within }: CallOptions): number | undefined {
  const outer = within === undefined ? deadlineOfFiber.get() : within.deadline;
  if (outer === undefined) return deadlineMs;
  return Math.min(Math.max(0, outer - Date.now()), deadlineMs ?? Infinity);
}

const UNFIT: readonly unknown[] = ["UNCARRIABLE", "TOO_DEEP"];

function sendable<T>(name: string, send: () => T): T {
  try {
    return send();
  } catch (cause) {
    if (!UNFIT.includes((cause as HempleError).code)) throw cause;
    throw new HempleError("INVALID_INPUT", `${name} was not sent: ${(cause as HempleError).message}`, { cause });
  }
}

function noSource(name: string, source: unknown): TypeError {
  const text = `${name} is fed: its second argument must be a channel or something iterable, got ${typeof source}`;
  return misuse("type", "NO_SOURCE", text);
}
