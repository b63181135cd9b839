/**
 * The client of a contract: one own method for each of the contract's, and nothing else by a string name. Calls run at
 * once and are answered in any order. Nothing is ever sent twice.
 */

import type { Op } from "@good-place/channel";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import type { Contract, Method } from "./contract.js";
import { HempleError } from "./errors.js";
import { remoteError } from "./failure.js";
import type { Frame } from "./frame.js";
import { pending } from "./pending.js";
import type { Ending, Line } from "./wire/line.js";

export interface CallOptions {
  /** How long to wait; travels with the call, so that the handler is cancelled too. No limit by default. */
  readonly deadlineMs?: number | undefined;
  /** Cancels the call, here and on the server; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A method as its caller sees it. */
export type Tell<M> =
  M extends Method<infer Sent, infer _Received, infer _Returned, infer Answer>
    ? undefined extends Sent
      ? (input?: Sent, options?: CallOptions) => Op<Answer>
      : (input: Sent, options?: CallOptions) => Op<Answer>
    : never;

/** A connected client. Disposing it says goodbye; calls that still wait fail with CLOSED. */
export type Client<C extends Contract> = { readonly [Name in keyof C]: Tell<C[Name]> } & AsyncDisposable;

/** What there is to know of a client's line. */
export interface ClientLine {
  /** The server's public key: keep it, and give it to the next `dial` as `serverKey`. */
  readonly serverKey: Uint8Array;
  /** Resolves when the line has ended, with how; never rejects. */
  readonly closed: Promise<Ending>;
  statistics(): { readonly sent: number; readonly waiting: number };
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const LONGEST_MS = 2 ** 31 - 1;
const lines = new WeakMap<object, ClientLine>();

/** The line of a client. A function and not a property, since every property of a client is a method of its contract. */
export function lineOf(client: AsyncDisposable): ClientLine {
  const line = lines.get(client);
  if (line === undefined) throw misuse("type", "BAD_OPTION", "lineOf() takes a client that dial() made");
  return line;
}

export function client<C extends Contract>(contract: C, caller: Caller, serverKey: Uint8Array): Client<C> {
  const methods: Record<PropertyKey, unknown> = Object.create(null);
  for (const name of Object.keys(contract)) {
    methods[name] = (input?: unknown, options?: CallOptions) => caller.call(name, input, options);
  }
  methods[Symbol.asyncDispose] = () => caller.leave();
  const closed = caller.closed;
  lines.set(methods, Object.freeze({ serverKey, closed, statistics: () => caller.statistics() }));
  return Object.freeze(methods) as Client<C>;
}

/** The calls of one line. */
export class Caller {
  readonly closed: Promise<Ending>;
  readonly #line: Line;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = -1;
  #going = false;

  constructor(line: Line) {
    this.#line = line;
    this.closed = line.ended;
    void line.ended.then((ending) => this.#closed(ending));
  }

  statistics(): { readonly sent: number; readonly waiting: number } {
    return { sent: (this.#lastId + 1) / 2, waiting: this.#waiting.size };
  }

  receive(frame: Frame): void {
    if (frame.kind === "goaway") this.#going = true;
    else if ((frame.kind === "result" || frame.kind === "error") && frame.id <= this.#lastId) {
      // An answer may cross its cancel on the way; then nobody waits for it.
      const waiting = this.#waiting.get(frame.id);
      this.#waiting.delete(frame.id);
      if (frame.kind === "result") waiting?.resolve(frame.value);
      else waiting?.reject(remoteError(frame.failure));
    } else throw new HempleError("PROTOCOL", `a server does not send ${frame.kind} here`);
  }

  call(name: string, input: unknown, options: CallOptions = {}): Op<unknown> {
    let cancel = (_reason: unknown): void => {};
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#check(name, options);
      cancel = this.#send(name, input, options, { resolve, reject });
    });
    return pending(answer, () => cancel(new HempleError("CANCELLED", `${name} was cancelled by its caller`)));
  }

  async leave(): Promise<void> {
    this.#line.leave();
    this.#rejectAll("this side closed the line");
    await this.closed;
  }

  #check(name: string, options: CallOptions): void {
    checkOptions(name, options, ["deadlineMs", "signal"]);
    const { deadlineMs, signal } = options;
    if (
      deadlineMs !== undefined &&
      !(typeof deadlineMs === "number" && deadlineMs >= 0 && deadlineMs < Number.POSITIVE_INFINITY)
    ) {
      throw misuse(
        "range",
        "BAD_OPTION",
        `${name}: deadlineMs must be a number from 0, got ${typeof deadlineMs === "number" ? deadlineMs : typeof deadlineMs}`,
      );
    }
    if (signal?.aborted) throw signal.reason;
    if (!this.#line.open) throw new HempleError("CLOSED", `${name} was not sent: the line is closed; dial again`);
    if (this.#going) throw new HempleError("DRAINING", `${name} was not sent: the server is closing; dial again later`);
  }

  // Sends the call and gives the function that cancels it.
  #send(
    name: string,
    input: unknown,
    { deadlineMs, signal }: CallOptions,
    { resolve, reject }: Waiting,
  ): (reason: unknown) => void {
    const id = this.#lastId + 2;
    try {
      this.#line.send({ kind: "call", id, name, input, deadlineMs });
    } catch (cause) {
      if ((cause as HempleError).code !== "UNCARRIABLE") throw cause;
      throw new HempleError("INVALID_INPUT", `${name} was not sent: ${(cause as HempleError).message}`, { cause });
    }
    this.#lastId = id;
    const cancel = (reason: unknown): void => {
      if (!this.#waiting.delete(id)) return;
      this.#line.send({ kind: "cancel", id });
      done();
      reject(reason);
    };
    const aborted = (): void => cancel(signal?.reason);
    const timer =
      deadlineMs === undefined
        ? undefined
        : setTimeout(
            () => cancel(new HempleError("DEADLINE", `${name} was not answered within ${deadlineMs} ms`)),
            Math.min(deadlineMs, LONGEST_MS),
          );
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    signal?.addEventListener("abort", aborted);
    this.#waiting.set(id, {
      resolve: (value) => {
        done();
        resolve(value);
      },
      reject: (error) => {
        done();
        reject(error);
      },
    });
    return cancel;
  }

  #closed({ code, error }: Ending): void {
    this.#rejectAll(`the line ended (${code})`, error);
  }

  #rejectAll(why: string, cause?: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting)
      reject(new HempleError("CLOSED", `${why}: the call may or may not have run; dial again`, { cause }));
  }
}
