/**
 * The lines of a client, one after another: a fiber keeps one open, as far as the client reconnects, and calls wait for it.
 * A call is sent again only where that is safe: it did not run, twice does what once does, or its key tells the server
 * that it is the same one, and the server is still the one that may have run it.
 */
import { type Fiber, go, type Op, scope, sleep, until } from "@good-place/channel";
import type { ClientLine, Speaker } from "../client.js";
import { tells } from "../client.js";
import { HempleError } from "../errors.js";
import { pending } from "../pending.js";
import type { Host } from "../wire/dialer.js";
import type { Ending } from "../wire/line.js";
import { backoffMs, type Waits } from "../wire/waits.js";
import type { Again, Current } from "./again.js";
import type { ClientBoard } from "./answers.js";
import { type Asking, Caller, checkCall, deadlineOf } from "./caller.js";
import type { Stream } from "./inlet.js";
import { Resuming } from "./resuming.js";
import { FIRST_ID, Session } from "./session.js";

/** Makes one attempt to connect, and settles when the server has let the client in. */
export type Connect = (host: Host, signal: AbortSignal) => Promise<void>;

export interface LinesOptions {
  readonly creditBytes: number;
  readonly reconnect: Waits | undefined;
  readonly board: ClientBoard | undefined;
}

// Who would be let in nowhere is not let in later either.
const HOPELESS: readonly unknown[] = ["KEY_REFUSED", "SERVER_KEY_MISMATCH"];

export class Lines implements Speaker, Again {
  readonly #connect: Connect;
  readonly #options: LinesOptions;
  readonly #keeper: Fiber<Ending>;
  #current: Current | undefined;
  // Settles with the next line, or fails when there will be none.
  #next = promised<Current>();
  #connections = 0;
  #sent = 0;
  #retried = 0;
  #left = false;
  // True while there is no line.
  #between = true;

  constructor(connect: Connect, options: LinesOptions) {
    this.#connect = connect;
    this.#options = options;
    const body = (fiber: Fiber<unknown>): Generator<unknown, Ending, never> => this.#keep(fiber.signal);
    this.#keeper = go(body, { name: "hemple client", detached: true, supervisor: null });
    this.#keeper.then(undefined, () => {});
  }

  /** Waits for the first line. */
  async opened(): Promise<this> {
    await this.#next.promise;
    return this;
  }

  get line(): ClientLine {
    const closed = Promise.resolve(this.#keeper.then(undefined, left));
    const serverKey = (): Uint8Array => (this.#current as Current).serverKey;
    const statistics = (): ReturnType<ClientLine["statistics"]> => ({
      sent: this.#sent + (this.#current?.caller.sent ?? 0),
      waiting: this.#current?.caller.waiting ?? 0,
      connections: this.#connections,
      retried: this.#retried,
    });
    return Object.freeze({ serverKey: serverKey(), closed, statistics });
  }

  get reconnect(): Waits | undefined {
    return this.#options.reconnect;
  }

  ask(asking: Asking): Op<unknown> | Stream<unknown> {
    const current = this.#current as Current;
    if (this.#options.reconnect === undefined) return current.caller.ask(asking);
    if (asking.method.stream !== undefined) return new Resuming(this, asking);
    const abort = new AbortController();
    const { name } = asking;
    return pending(this.#persist(asking, abort), () =>
      abort.abort(new HempleError("CANCELLED", `${name} was cancelled by its caller`)),
    );
  }

  async open(signal: AbortSignal): Promise<Current> {
    if (this.#current?.caller.open) return this.#current;
    return await until(this.#next.promise, { signal });
  }

  async leave(): Promise<void> {
    this.#left = true;
    this.#current?.caller.leave();
    this.#current?.line.leave();
    if (this.#between) this.#keeper.cancel("this side has left");
    await this.#keeper.then(undefined, () => {});
  }

  safe(error: unknown, { method, options }: Asking, asked: string | undefined): boolean {
    const { code, retryable } = error as Partial<HempleError>;
    // What was fed is gone.
    if (method.feed !== undefined && asked !== undefined) return false;
    const lost = code === "CLOSED" && !this.#left && (error as HempleError).remote === false;
    const keyed = options.key !== undefined;
    const again = retryable === true || (lost && (asked === undefined || method.idempotent || keyed));
    if (again) this.#retried += 1;
    return again;
  }

  async #persist(asking: Asking, abort: AbortController): Promise<unknown> {
    const { name, options } = asking;
    checkCall(name, options);
    const deadlineMs = deadlineOf(options);
    const signals = [abort.signal, options.signal, options.within?.signal].filter((one) => one !== undefined);
    const endsAt = Date.now() + (deadlineMs ?? Infinity);
    const late = (): void =>
      abort.abort(new HempleError("DEADLINE", `${name} was not answered within ${deadlineMs} ms`));
    const timer = deadlineMs === undefined ? undefined : setTimeout(late, Math.min(deadlineMs, 2 ** 31 - 1));
    const signal = AbortSignal.any(signals);
    let asked: string | undefined;
    try {
      for (let failures = 0; ; failures++) {
        const current = await this.open(signal);
        // Whoever may have run it is gone, and with it what was known of the key.
        if (asked !== undefined && !asking.method.idempotent && asked !== current.instance) throw gone(name);
        try {
          const left = deadlineMs === undefined ? undefined : Math.max(0, endsAt - Date.now());
          return await (current.caller.ask({
            ...asking,
            options: { ...options, deadlineMs: left, signal },
          }) as Op<unknown>);
        } catch (error) {
          const sent = (error as { code?: unknown }).code === "CLOSED" ? current.instance : undefined;
          asked = sent ?? asked;
          if (!this.safe(error, asking, asking.method.feed === undefined ? asked : current.instance)) throw error;
        }
        await sleep(backoffMs(this.#options.reconnect as Waits, failures), { signal });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  *#keep(signal: AbortSignal): Generator<unknown, Ending, never> {
    const { reconnect, board } = this.#options;
    let ending: Ending = { code: "LEFT", error: undefined };
    try {
      for (let failures = 0; ; ) {
        try {
          ending = yield* this.#live(signal);
          failures = 0;
          if (reconnect === undefined || this.#left) return ending;
        } catch (error) {
          if (this.#connections === 0 || reconnect === undefined || this.#left) throw error;
          if (HOPELESS.includes((error as { code?: unknown }).code)) throw error;
          ending = { code: "TRUNCATED", error };
        }
        yield* sleep(backoffMs(reconnect, failures));
        failures += 1;
      }
    } catch (error) {
      this.#next.reject(error);
      throw error;
    } finally {
      const closed = new HempleError("CLOSED", "the client is closed; dial again");
      this.#next.reject(closed);
      board?.close(closed);
    }
  }

  // One line, from its first word to its end. The calls that it answers are fibers of its scope.
  *#live(signal: AbortSignal): Generator<unknown, Ending, never> {
    const lines = this;
    return yield* scope(function* line(own): Generator<unknown, Ending, never> {
      let ended: Promise<Ending> | undefined;
      const speak: Host = (line, serverKey, { instance }) => {
        const { creditBytes, board } = lines.#options;
        const caller = new Caller(line, creditBytes, FIRST_ID.client);
        const answerer = board?.answerer(line, serverKey, (contract) => tells(contract, caller), own);
        ended = line.ended.then((ending) => {
          answerer?.stop();
          return ending;
        });
        lines.#arrived({ caller, line, serverKey, instance });
        const session = new Session("client", caller, answerer);
        return (frame, bytes) => session.receive(frame, bytes);
      };
      yield* until(lines.#connect(speak, signal));
      try {
        return yield* until(ended as Promise<Ending>);
      } finally {
        lines.#between = true;
      }
    });
  }

  #arrived(current: Current): void {
    this.#between = false;
    this.#sent += this.#current?.caller.sent ?? 0;
    this.#current = current;
    this.#connections += 1;
    this.#next.resolve(current);
    this.#next = promised<Current>();
  }
}

function left(error: unknown): Ending {
  return { code: "LEFT", error };
}

function gone(name: string): HempleError {
  return new HempleError("CLOSED", `${name} was sent to a server that is gone: it may or may not have run`);
}

interface Promised<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function promised<T>(): Promised<T> {
  let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever waits for it hears of its failure; often nobody does.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
