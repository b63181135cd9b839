/**
 * Fibers: bodies that run step by step on the runtime's loop and end as ok, error or cancelled.
 * A generator body can be cancelled wherever it waits: its `finally` blocks run, its `catch` blocks see nothing. An
 * async body is told by `fiber.signal`.
 * Invariant: a fiber ends exactly once, and then tells its joiners, its supervisor and its scope, in this order.
 */
import { operationOf } from "./awaited.js";
import type { Chan } from "./channel.js";
import type { Channel } from "./channel-face.js";
import { CancelledError, misuse } from "./errors.js";
import type { Body, Fiber, FiberOptions } from "./fiber-face.js";
import { shownAs } from "./inspect.js";
import { type Runnable, type Running, runtime, type Timer } from "./internal/runtime.js";
import type { Locals } from "./local.js";
import { type Op, Operation, Wait, type Waiter } from "./operation.js";
import { type FiberOwner, root } from "./owner.js";
import { isAsyncGenerator, isGenerator, isThenable } from "./shapes.js";
import type { LifeSignal, Supervisor } from "./signal.js";
import { unhandled } from "./unhandled.js";
import { refuseAwaits, waitsForItself } from "./within.js";

const GRACE_MS = 5000;
/**
 * What a cancelled generator returns with, unless a jump out of a `finally` block makes it return something else. Whoever
 * runs the generators of others by `yield*` gets it as their value when their `finally` has waited, and has to return it.
 */
export const CANCELLED: unique symbol = Symbol("cancelled");

export class FiberOp<T> extends Operation<T> implements Fiber<T>, Runnable, Running, Waiter {
  readonly id: number = runtime.nextFiber();
  readonly name: string;
  readonly owner: FiberOwner;
  readonly supervisor: Supervisor | null;
  readonly background: boolean;
  status: "running" | "ok" | "error" | "cancelled" = "running";
  /** True from the cancel until the body's `finally` blocks begin. */
  doomed = false;
  cancelError: CancelledError | null = null;
  locals: Locals | null;
  /** True once somebody has asked for the outcome. */
  observed = false;
  /** True when an error has become the matter of the supervisor, and so is none of the owner's. */
  consumed = false;

  #parkedOn: Operation<unknown> | null = null;
  #parkedAt = 0;
  #body: Body<T> | null;
  #generator: Generator<unknown, T, unknown> | null = null;
  // Whether the next step delivers the cancel; not so while a value that was handed over is still to be given to the body.
  #deliver = false;
  #controller: AbortController | null = null;
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
    this.background = options.background === true;
    this.supervisor = options.supervisor === undefined ? (parent?.supervisor ?? null) : options.supervisor;
    this.locals = parent?.locals ?? null;
    this.#graceMs = options.graceMs ?? GRACE_MS;
  }

  get path(): string {
    const { path, lead } = this.owner;
    if ((lead as unknown) === this) return path;
    return path === "" ? this.name : `${path}/${this.name}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.cancelError !== null) this.#controller.abort(this.cancelError);
    }
    return this.#controller.signal;
  }

  /** What the body waits for; null while it runs, is ready to, or is async. */
  get parkedOn(): Operation<unknown> | null {
    return this.#parkedOn;
  }

  /** When it was parked, by the runtime's coarse clock. */
  get parkedAt(): number {
    return this.#parkedAt;
  }

  /** True while an async body runs: what it awaits is not known. */
  get isAsync(): boolean {
    return this.#body === null && this.#generator === null && this.status === "running";
  }

  /** What it waits for, in words. */
  get waitsFor(): string {
    return this.#parkedOn?.label ?? (this.isAsync ? "an async function" : "its turn");
  }

  override get label(): string {
    return `the end of fiber ${this.path}`;
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

  override [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    if (runtime.current === this) throw waitsForItself(`fiber ${this.path}`);
    return new Wait<T>(this);
  }

  override next(): IteratorResult<Op<unknown>, T> {
    this.observed = true;
    return super.next();
  }

  cancel(reason?: unknown): void {
    if (this.status !== "running" || this.cancelError !== null) return;
    this.doomed = true;
    this.cancelError = reason instanceof CancelledError ? reason : new CancelledError(reason);
    this.#controller?.abort(this.cancelError);
    if (this.isAsync) this.beginGrace();
    // Not begun, or an async body, which its signal tells: nothing to wake.
    if (this.#generator === null || runtime.current === this) return;
    const parkedOn = this.#parkedOn;
    if (parkedOn === null) this.#deliver = true;
    else if (!parkedOn.committed) {
      this.#deliver = true;
      if (parkedOn.release(this, this.cancelError)) runtime.enqueue(this);
    }
  }

  ready(): void {
    if (this.status === "running") this.owner.ready?.(this as FiberOp<unknown>);
  }

  /** The operation that the body waits for has ended. */
  wake(): void {
    runtime.enqueue(this);
  }

  run(): void {
    runtime.current = this;
    try {
      // An ended fiber has neither.
      if (this.#generator !== null) this.step(this.#generator);
      else if (this.#body !== null) this.begin(this.#body);
    } catch (error) {
      this.threw(error);
    }
    runtime.current = null;
  }

  private begin(body: Body<T>): void {
    this.#body = null;
    if (this.doomed) return this.end("cancelled", this.cancelError);
    const result = body(this as Fiber<unknown>);
    // An operation that a plain function returns is waited for step by step, so that a cancel can withdraw it.
    const op = operationOf(result);
    const generator = op === null ? result : waiting<T>(op);
    if (isGenerator<T>(generator)) {
      this.#generator = generator;
      this.step(generator);
    } else if (isThenable<T>(result)) {
      result.then(
        (value) => (this.cancelError === null ? this.end("ok", value) : this.end("cancelled", this.cancelError)),
        (error: unknown) => (this.status === "running" ? this.threw(error) : this.late(error)),
      );
    } else if (isAsyncGenerator(result)) {
      throw misuse(
        "type",
        "NOT_A_BODY",
        `${this.path}: an async generator function is no body; nobody takes what it yields`,
      );
    } else this.end("ok", result as T);
  }

  private step(generator: Generator<unknown, T, unknown>): void {
    const ended = this.#parkedOn;
    this.#parkedOn = null;
    let result = this.#deliver ? this.stepCancelled(generator, ended) : resume(generator, ended);
    while (!result.done) {
      const waited = yielded(result);
      if (waited !== null && !waited.done && !this.doomed) return this.park(waited);
      const next = this.goOn(generator, waited, result.value);
      if (next === null) return;
      result = next;
    }
    if ((result.value as unknown) === CANCELLED) {
      if (this.#superseding === null) this.end("cancelled", this.cancelError);
      else this.end("error", this.#superseding.error);
    } else this.end("ok", result.value);
  }

  private park(waited: Operation<unknown>): void {
    this.#parkedOn = waited;
    this.#parkedAt = runtime.coarseNow;
    waited.watch(this);
  }

  // The step after a cancel, unless what the body waited for was faster.
  private stepCancelled(
    generator: Generator<unknown, T, unknown>,
    ended: Operation<unknown> | null,
  ): IteratorResult<unknown, T> {
    // The cancelled scope that the body waited for has failed with more than the cancel: a `finally` in it threw.
    if (ended?.failed && ended.supersedes) this.#superseding = { error: ended.value };
    if (!ended?.outran) return this.deliverCancel(generator);
    this.#deliver = false;
    return resume(generator, ended);
  }

  // What comes of a yield that is no plain wait; null where the fiber waits for its next step.
  private goOn(
    generator: Generator<unknown, T, unknown>,
    waited: Operation<unknown> | null,
    value: unknown,
  ): IteratorResult<unknown, T> | null {
    if (waited === null) {
      if (this.doomed) return this.deliverCancel(generator);
      this.report({ tag: "yield", fiber: this, value });
      runtime.enqueue(this);
      return null;
    }
    if (this.doomed && !waited.committed) {
      if (waited.release(this, this.cancelError as CancelledError)) return this.deliverCancel(generator);
      this.#deliver = true;
    } else if (waited.done) return resume(generator, waited);
    this.park(waited);
    return null;
  }

  private deliverCancel(generator: Generator<unknown, T, unknown>): IteratorResult<unknown, T> {
    this.#deliver = false;
    this.doomed = false;
    this.beginGrace();
    return generator.return(CANCELLED as T);
  }

  private beginGrace(): void {
    if (this.#graceMs === Number.POSITIVE_INFINITY) return;
    // An async body that cancelled itself has one already.
    this.#grace ??= runtime.setTimer(this.#graceMs, () => this.graceOver());
  }

  private graceOver(): void {
    const stuck = this.#generator !== null;
    this.abandon();
    // An async body that does not heed its signal is no defect: there is no other way to stop one.
    if (!stuck) return;
    unhandled(
      new Error(`the body of ${this.path} had not ended ${this.#graceMs} ms after its cancel, and was abandoned`),
      this.path,
    );
  }

  /** Ends a cancelled fiber whose body does not: the body is left where it is, and what it still does counts for nothing. */
  abandon(): void {
    const generator = this.#generator;
    this.#parkedOn?.release(this, this.cancelError as CancelledError);
    this.end("cancelled", this.cancelError);
    const { current } = runtime;
    // What its other `finally` blocks call takes no effect: nobody would be there for the outcome.
    this.doomed = true;
    runtime.current = this;
    try {
      generator?.return(CANCELLED as T);
    } catch (error) {
      if (error !== this.cancelError) unhandled(error, this.path);
    }
    runtime.current = current;
  }

  // An abandoned async body has failed after all.
  private late(error: unknown): void {
    if (error !== this.cancelError && error !== this.cancelError?.reason) unhandled(error, this.path);
  }

  private threw(error: unknown): void {
    const cancel = this.cancelError;
    if (cancel === null) return this.end("error", error);
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
    if (aborted) this.end("cancelled", cancel);
    else this.end("error", error);
  }

  private end(status: "ok" | "error" | "cancelled", outcome: unknown): void {
    if (this.status !== "running") return;
    this.status = status;
    this.#generator = null;
    this.#parkedOn = null;
    if (this.#grace !== null) runtime.clearTimer(this.#grace);
    if (status === "ok") this.settle(outcome as T);
    else this.fail(outcome);
    const self = this as FiberOp<unknown>;
    if (status === "ok") this.report({ tag: "ok", fiber: self, value: outcome });
    else if (status === "cancelled") this.report({ tag: "cancelled", fiber: self, reason: this.cancelError?.reason });
    else if (this.report({ tag: "error", fiber: self, error: outcome })) this.consumed = this.#consumes;
    this.owner.ended(self);
  }

  private report(signal: LifeSignal): boolean {
    if (this.#silent || this.supervisor === null) return false;
    try {
      return forceSignal(this.supervisor, signal);
    } catch (error) {
      // A channel of others that fails must not keep the fiber from ending.
      unhandled(error, this.path);
      return false;
    }
  }
}

refuseAwaits(FiberOp, (fiber) => (runtime.current === fiber ? `fiber ${fiber.path}` : null));
shownAs(FiberOp, (fiber) => {
  const does = fiber.status === "running" ? `waits for ${fiber.waitsFor}` : fiber.status;
  return `Fiber ${fiber.path} #${fiber.id} (${runtime.current === fiber ? "running" : does})`;
});

/** Gives a signal past the channel's capacity: life-cycle signals never wait and never get lost. False when closed. */
export function forceSignal(supervisor: Supervisor, signal: unknown): boolean {
  return "force" in supervisor
    ? (supervisor as Chan<unknown>).force(signal)
    : (supervisor as Channel<unknown>).tryGive(signal) === "ok";
}

// With a star a pending operation is the iterator's result itself, and its own value; without one it is the value only.
function yielded(result: IteratorYieldResult<unknown>): Operation<unknown> | null {
  return result.value === result ? (result as unknown as Operation<unknown>) : operationOf(result.value);
}

// With a star the body fetches the outcome itself; without one it hears of a failure at least.
function resume<T>(
  generator: Generator<unknown, T, unknown>,
  ended: Operation<unknown> | null,
): IteratorResult<unknown, T> {
  return ended?.failed ? generator.throw(ended.value) : generator.next();
}

function* waiting<T>(op: Operation<unknown>): Generator<unknown, T, never> {
  return (yield* op) as T;
}
