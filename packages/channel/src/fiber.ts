/**
 * Fibers: bodies that run step by step on the runtime's loop and end as ok, error or cancelled.
 * A generator body can be cancelled wherever it waits: its `finally` blocks run, its `catch` blocks see nothing. An
 * async body is told by `fiber.signal`.
 * Invariant: a fiber ends exactly once, and then tells its joiners, its supervisor and its scope, in this order.
 */
import type { Chan, Channel } from "./channel.js";
import { CancelledError, checkOptions, describe, misuse } from "./errors.js";
import { type Runnable, type Running, runtime, type Timer } from "./internal/runtime.js";
import type { Locals } from "./local.js";
import { type Op, Operation, type Waiter } from "./operation.js";
import { isAsyncGenerator, isGenerator, isThenable } from "./shapes.js";
import type { LifeSignal, Supervisor } from "./signal.js";
import { checkMs } from "./time.js";
import { unhandled } from "./unhandled.js";

/** What a fiber runs: a generator function, an async function, or a plain one. It gets its fiber. */
export type Body<T> = (fiber: Fiber<unknown>) => Generator<unknown, T, never> | PromiseLike<T> | T;

export interface FiberOptions {
  /** Names the fiber in errors and reports; the body's own name by default. */
  readonly name?: string | undefined;
  /** The channel that gets the fiber's signals; inherited from the starting fiber by default, null for none. */
  readonly supervisor?: Supervisor | null | undefined;
  /** How long the `finally` blocks of a cancelled body may go on waiting, in milliseconds; 5,000 by default, Infinity for ever. */
  readonly graceMs?: number | undefined;
  /** Belongs to the root, not to the scope of the fiber that starts it; false by default. */
  readonly detached?: boolean | undefined;
}

/** A running or ended body. Awaiting it or `yield*`ing it joins it: its value, its error, or CancelledError. */
export interface Fiber<T> extends Op<T> {
  readonly id: number;
  readonly name: string;
  /** The names from the outermost scope to this fiber. */
  readonly path: string;
  readonly status: "running" | "ok" | "error" | "cancelled";
  /** Aborts when the fiber is cancelled, with the CancelledError as its reason. */
  readonly signal: AbortSignal;
  readonly supervisor: Supervisor | null;
  /**
   * Asks the fiber to end. A parked operation is withdrawn, but a value that was already handed over is kept: the body
   * gets it, and is cancelled at its next wait. Cancelling an ended or a cancelled fiber is nothing; a fiber that
   * cancels itself ends at its next wait.
   */
  cancel(reason?: unknown): void;
}

/** Who a fiber belongs to: it is told of the end, and decides what an error means. */
export interface FiberOwner {
  readonly path: string;
  adopt(fiber: FiberOp<unknown>): void;
  ended(fiber: FiberOp<unknown>): void;
}

/** Fibers that belong to no scope. A failing one is reported, unless somebody awaits it. */
export const root: FiberOwner = {
  path: "",
  adopt() {},
  ended(fiber) {
    if (fiber.status !== "error" || fiber.consumed || fiber.observed) return;
    // Whoever started it may come to await it still in this turn of the host.
    runtime.later(() => {
      if (!fiber.observed) unhandled(fiber.value, fiber.path);
    });
  },
};

const GRACE_MS = 5000;
const OPTIONS = ["name", "supervisor", "graceMs", "detached"] as const;
// What a cancelled generator returns with, unless a jump out of a `finally` block makes it return something else.
const CANCELLED = Symbol("cancelled");
let lastId = 0;

/** Starts a fiber; its first step comes after the caller's. Attaches to the innermost open scope, else to the root. */
export function go<T>(body: Body<T>, options: FiberOptions = {}): Fiber<T> {
  return spawn(body, options, options.detached === true ? root : innermost());
}

/** The owner of what the running fiber starts. */
export function innermost(): FiberOwner {
  return currentFiber()?.owner ?? root;
}

/** The fiber whose step is running, if one is. In an async body that is so until its first await. */
export function currentFiber(): FiberOp<unknown> | null {
  return runtime.current as FiberOp<unknown> | null;
}

/** Starts a fiber that belongs to `owner`. A silent one reports nothing of itself to the supervisor that it inherits. */
export function spawn<T>(body: Body<T>, options: FiberOptions, owner: FiberOwner, silent = false): FiberOp<T> {
  if (typeof body !== "function") {
    throw misuse("type", "NOT_A_BODY", `go() takes a generator, async or plain function, got ${describe(body)}`);
  }
  checkOptions("go()", options, OPTIONS);
  if (options.graceMs !== undefined && options.graceMs !== Number.POSITIVE_INFINITY) {
    checkMs("go() graceMs", options.graceMs);
  }
  const fiber = new FiberOp(body, options, owner, currentFiber(), silent);
  owner.adopt(fiber as FiberOp<unknown>);
  runtime.enqueue(fiber);
  return fiber;
}

export class FiberOp<T> extends Operation<T> implements Fiber<T>, Runnable, Running, Waiter {
  readonly id: number = ++lastId;
  readonly name: string;
  readonly owner: FiberOwner;
  readonly supervisor: Supervisor | null;
  status: "running" | "ok" | "error" | "cancelled" = "running";
  cancelError: CancelledError | null = null;
  locals: Locals | null;
  /** True once somebody has asked for the outcome. */
  observed = false;
  /** True when an error has become the matter of the supervisor, and so is none of the owner's. */
  consumed = false;

  #body: Body<T> | null;
  #generator: Generator<unknown, T, unknown> | null = null;
  #parkedOn: Operation<unknown> | null = null;
  #cancel: "no" | "asked" | "delivered" = "no";
  // Whether the next step delivers the cancel; not so while a value that was handed over is still to be given to the body.
  #deliver = false;
  #abort: AbortController | null = null;
  #grace: Timer = null;
  #superseding: { readonly error: unknown } | null = null;
  readonly #graceMs: number;
  readonly #silent: boolean;
  // A supervisor that was only inherited hears of an error, but does not keep it from the scope that the fiber is in.
  readonly #consumes: boolean;

  constructor(
    body: Body<T>,
    options: FiberOptions,
    owner: FiberOwner,
    parent: FiberOp<unknown> | null,
    silent: boolean,
  ) {
    super();
    this.#silent = silent;
    this.#consumes = options.supervisor !== undefined || owner === root;
    this.#body = body;
    this.name = options.name ?? (body.name || "fiber");
    this.owner = owner;
    this.supervisor = options.supervisor === undefined ? (parent?.supervisor ?? null) : options.supervisor;
    this.locals = parent?.locals ?? null;
    this.#graceMs = options.graceMs ?? GRACE_MS;
  }

  get path(): string {
    return this.owner.path === "" ? this.name : `${this.owner.path}/${this.name}`;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.cancelError !== null) this.#abort.abort(this.cancelError);
    }
    return this.#abort.signal;
  }

  get doomed(): boolean {
    return this.#cancel === "asked";
  }

  override watch(waiter: Waiter): void {
    if (!waiter.passive) this.observed = true;
    super.watch(waiter);
  }

  override unwatch(waiter: Waiter): void {
    super.unwatch(waiter);
    // Whoever waited has given up before the end, and will not hear of a failure.
    if (!this.done && !this.wanted) this.observed = false;
  }

  override next(): IteratorResult<Op<unknown>, T> {
    this.observed = true;
    return super.next();
  }

  cancel(reason?: unknown): void {
    if (this.status !== "running" || this.#cancel !== "no") return;
    this.#cancel = "asked";
    this.cancelError = reason instanceof CancelledError ? reason : new CancelledError(reason);
    this.#abort?.abort(this.cancelError);
    // Not begun, or an async body, which its signal tells: nothing to wake.
    if (this.#generator === null || runtime.current === this) return;
    const parkedOn = this.#parkedOn;
    if (parkedOn === null) this.#deliver = true;
    else if (!parkedOn.committed) {
      this.#deliver = true;
      if (parkedOn.release(this, this.cancelError)) runtime.enqueue(this);
    }
  }

  /** The operation that the body waits for has ended. */
  wake(): void {
    runtime.enqueue(this);
  }

  run(): void {
    if (this.status !== "running") return;
    runtime.current = this;
    try {
      if (this.#generator !== null) this.#step(this.#generator);
      else if (this.#body !== null) this.#begin(this.#body);
    } catch (error) {
      this.#threw(error);
    } finally {
      runtime.current = null;
    }
  }

  #begin(body: Body<T>): void {
    this.#body = null;
    if (this.#cancel === "asked") return this.#end("cancelled", this.cancelError);
    const result = body(this as Fiber<unknown>);
    // An operation that a plain function returns is waited for step by step, so that a cancel can withdraw it.
    const generator = result instanceof Operation ? waiting<T>(result) : result;
    if (isGenerator<T>(generator)) {
      this.#generator = generator;
      this.#step(generator);
    } else if (isThenable<T>(result)) {
      result.then(
        (value) => (this.#cancel === "no" ? this.#end("ok", value) : this.#end("cancelled", this.cancelError)),
        (error: unknown) => this.#threw(error),
      );
    } else if (isAsyncGenerator(result)) {
      throw misuse(
        "type",
        "NOT_A_BODY",
        `${this.path}: an async generator function is no body; nobody takes what it yields`,
      );
    } else this.#end("ok", result as T);
  }

  #step(generator: Generator<unknown, T, unknown>): void {
    const parkedOn = this.#parkedOn;
    this.#parkedOn = null;
    // The cancelled scope that the body waited for has failed with more than the cancel: a `finally` in it threw.
    if (this.#deliver && parkedOn?.failed && parkedOn.supersedes) this.#superseding = { error: parkedOn.value };
    if (this.#deliver && parkedOn?.outran) this.#deliver = false;
    let result = this.#deliver ? this.#deliverCancel(generator) : generator.next();
    while (!result.done) {
      const waited = result.value;
      if (!(waited instanceof Operation)) {
        if (this.#cancel === "asked") {
          result = this.#deliverCancel(generator);
          continue;
        }
        this.#report({ tag: "yield", fiber: this, value: waited });
        runtime.enqueue(this);
        return;
      }
      if (this.#cancel === "asked" && !waited.committed) {
        if (waited.release(this, this.cancelError as CancelledError)) {
          result = this.#deliverCancel(generator);
          continue;
        }
        this.#deliver = true;
      } else if (waited.done) {
        result = generator.next();
        continue;
      }
      this.#parkedOn = waited;
      waited.watch(this);
      return;
    }
    if ((result.value as unknown) === CANCELLED) {
      if (this.#superseding === null) this.#end("cancelled", this.cancelError);
      else this.#end("error", this.#superseding.error);
    } else this.#end("ok", result.value);
  }

  #deliverCancel(generator: Generator<unknown, T, unknown>): IteratorResult<unknown, T> {
    this.#deliver = false;
    this.#cancel = "delivered";
    if (this.#graceMs !== Number.POSITIVE_INFINITY) {
      this.#grace = runtime.setTimer(this.#graceMs, () => this.#graceOver(generator));
    }
    return generator.return(CANCELLED as T);
  }

  // The finally blocks waited for too long: leave them where they are.
  #graceOver(generator: Generator<unknown, T, unknown>): void {
    this.#parkedOn?.release(this, this.cancelError as CancelledError);
    this.#end("cancelled", this.cancelError);
    unhandled(
      new Error(
        `the finally blocks of ${this.path} still waited ${this.#graceMs} ms after its cancel; they were abandoned`,
      ),
      this.path,
    );
    try {
      generator.return(CANCELLED as T);
    } catch (error) {
      unhandled(error, this.path);
    }
  }

  #threw(error: unknown): void {
    const cancel = this.cancelError;
    if (cancel === null) return this.#end("error", error);
    let aborted = error === cancel || error === cancel.reason;
    try {
      // An async body rejects with what aborted it, or with an abort error of its own making.
      aborted ||= (error as { name?: unknown } | null)?.name === "AbortError";
      if (!aborted && error instanceof Error && error.cause === undefined && Object.isExtensible(error)) {
        error.cause = cancel;
      }
    } catch {
      // An error whose properties cannot be used ends the fiber like any other.
    }
    if (aborted) this.#end("cancelled", cancel);
    else this.#end("error", error);
  }

  #end(status: "ok" | "error" | "cancelled", outcome: unknown): void {
    if (this.status !== "running") return;
    this.status = status;
    this.#generator = null;
    this.#parkedOn = null;
    if (this.#grace !== null) runtime.clearTimer(this.#grace);
    if (status === "ok") this.settle(outcome as T);
    else this.fail(outcome);
    const self = this as FiberOp<unknown>;
    if (status === "ok") this.#report({ tag: "ok", fiber: self, value: outcome });
    else if (status === "cancelled") this.#report({ tag: "cancelled", fiber: self, reason: this.cancelError?.reason });
    else if (this.#report({ tag: "error", fiber: self, error: outcome })) this.consumed = this.#consumes;
    this.owner.ended(self);
  }

  #report(signal: LifeSignal): boolean {
    return !this.#silent && this.supervisor !== null && forceSignal(this.supervisor, signal);
  }
}

/** Gives a signal past the channel's capacity: life-cycle signals never wait and never get lost. False when closed. */
export function forceSignal(supervisor: Supervisor, signal: unknown): boolean {
  return "force" in supervisor
    ? (supervisor as Chan<unknown>).force(signal)
    : (supervisor as Channel<unknown>).tryGive(signal) === "ok";
}

function* waiting<T>(op: Operation<unknown>): Generator<unknown, T, never> {
  return (yield* op) as T;
}
