/**
 * Scopes: a body and all the fibers and scopes that it starts, which end together. The first error cancels the others in
 * reverse order of their start, and is what the scope fails with once all have ended; `withDeadline` is a scope with a timer.
 * Invariant: when a scope settles, none of its fibers is running, and none of a scope in it.
 */
import { abortable } from "./abort.js";
import { bodyEnded } from "./activity.js";
import { operationOf } from "./awaited.js";
import { CancelledError, ChannelError, checkOptions, DeadlineError, describe, misuse } from "./errors.js";
import { FiberOp } from "./fiber.js";
import type { Body, Fiber, FiberOptions } from "./fiber-face.js";
import { currentFiber, innermost, spawn } from "./go.js";
import { runtime, type Timer } from "./internal/runtime.js";
import { type Op, Operation, Wait, type Waiter, type WaitOptions } from "./operation.js";
import { refusal } from "./outcome.js";
import { type FiberOwner, type Member, root } from "./owner.js";
import { checkMs } from "./time.js";
import { unhandled } from "./unhandled.js";
import { refuseAwaits, waitsForItself } from "./within.js";

/** What the body of a scope gets. */
export interface Scope {
  readonly name: string;
  /** Starts a fiber in this scope. Throws SCOPE_CLOSED once the scope has ended. */
  go<T>(body: Body<T>, options?: FiberOptions): Fiber<T>;
  /** Cancels every fiber of the scope; the scope then fails with CancelledError. */
  cancel(reason?: unknown): void;
  /** The errors after the first, in the order in which they came. */
  readonly errors: readonly unknown[];
  /** Aborts when the scope is cancelled or fails. */
  readonly signal: AbortSignal;
}

export interface ScopeOptions extends WaitOptions {
  readonly name?: string | undefined;
}

const OPTIONS = ["name", "signal"] as const;

/** What a scope runs; like a fiber's body, but it gets the scope. */
export type ScopeBody<T> = (scope: Scope) => Generator<unknown, T, never> | PromiseLike<T> | T;

/**
 * Runs the body and waits for every fiber that was started in it. Settles with the body's value, or fails with the first
 * error of an unsupervised fiber. Cancelling the wait cancels the scope and waits for its fibers to end.
 */
export function scope<T>(body: ScopeBody<T>, options: ScopeOptions = {}): Op<T> {
  checkOptions("scope()", options, OPTIONS);
  if (typeof body !== "function") {
    throw misuse("type", "NOT_A_BODY", `scope() takes a generator, async or plain function, got ${describe(body)}`);
  }
  return refusal(options, OPTIONS) ?? abortable(new ScopeOp(body, options.name ?? "scope"), options);
}

/**
 * Runs a body, or waits for an operation, for at most `ms` milliseconds; then cancels it, waits for its end, and fails
 * with DeadlineError, which the body cannot catch. What is ready at once succeeds even with no time left.
 */
export function withDeadline<T>(ms: number, work: ScopeBody<T> | Op<T>, options: ScopeOptions = {}): Op<T> {
  checkMs("withDeadline()", ms);
  checkOptions("withDeadline()", options, OPTIONS);
  if (typeof work !== "function" && operationOf(work) === null) {
    throw misuse(
      "type",
      "NOT_A_BODY",
      `withDeadline() takes a body or an operation, got ${describe(work)}; until() makes one of a promise`,
    );
  }
  const body = typeof work === "function" ? work : (): Generator<unknown, T, never> => wait(work);
  const refused = refusal(options, OPTIONS);
  if (refused !== null) return refused;
  if (typeof work !== "function" && operationOf(work)?.done) return work;
  return abortable(new ScopeOp(body, options.name ?? "deadline", ms), options);
}

function* wait<T>(op: Op<T>): Generator<unknown, T, never> {
  return yield* op;
}

/** The operation of a scope, also of what is built on one: its main fiber runs the body. */
export class ScopeOp<T> extends Operation<T> implements Scope, FiberOwner {
  readonly name: string;
  readonly path: string;
  readonly errors: unknown[] = [];
  readonly #members = new Set<Member>();
  /** The fiber of the body. A silent one, as is usual, is none of the supervisor's: the scope speaks for it. */
  readonly main: FiberOp<T>;
  // Those of them that do not keep the scope open.
  #background = 0;
  readonly #outer: FiberOwner;
  readonly background: boolean;
  // Opened in a `finally` of a cancelled fiber: it is under the shield of that, and ends with it.
  readonly #shielded: boolean;
  #timer: Timer = null;
  #observed = false;
  // The deadline, once it has expired, and whether the body was then the only one to feel it.
  #late: DeadlineError | null = null;
  #alone = false;
  // What the scope will fail with once its last fiber has ended.
  #failure: { error: unknown } | null = null;
  #stopped: CancelledError | null = null;
  // A `finally` threw while the scope was being cancelled.
  #superseded = false;
  #abort: AbortController | null = null;

  constructor(body: ScopeBody<T>, name: string, deadlineMs?: number, main?: FiberOptions, silent = true) {
    super();
    this.#outer = innermost();
    this.name = name;
    this.path = this.#outer.path === "" ? name : `${this.#outer.path}/${name}`;
    const opener = currentFiber();
    this.background = opener?.background === true;
    this.#shielded = opener !== null && opener.cancelError !== null;
    if (this.#shielded)
      opener?.watch({ passive: true, wake: () => this.#stop(opener.cancelError, opener.cancelError) });
    this.#outer.opened(this);
    this.main = spawn(() => body(this), main ?? { name: body.name || "body" }, this, silent);
    if (deadlineMs !== undefined) {
      // It goes behind what is ready to run: a step that the body has waiting, and what that step has waiting.
      const expire = (): void => {
        this.#late = new DeadlineError(deadlineMs, this);
        this.#alone = this.#members.size === 1;
        this.#stop(this.#late);
      };
      this.#timer = runtime.setTimer(deadlineMs, () => runtime.behind(expire));
    }
  }

  get outer(): FiberOwner {
    return this.#outer;
  }

  get members(): Set<Member> {
    return this.#members;
  }

  override get label(): string {
    return `scope ${this.path}`;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#stopped !== null) this.#abort.abort(this.#stopped);
    }
    return this.#abort.signal;
  }

  readonly go = <U>(body: Body<U>, options: FiberOptions = {}): Fiber<U> =>
    spawn(body, options, options?.detached === true ? root : this);

  readonly cancel = (reason?: unknown): void => {
    const error = new CancelledError(reason);
    this.#stop(error, error);
  };

  adopt(fiber: FiberOp<unknown>): void {
    if (this.done) {
      throw new ChannelError(
        "SCOPE_CLOSED",
        `scope ${this.path} has ended and starts no more fibers; start them before its body returns`,
      );
    }
    this.#add(fiber);
    if (this.#stopped !== null) fiber.cancel(this.#stopped);
  }

  ended(fiber: FiberOp<unknown>): void {
    if (fiber.status === "error" && !fiber.consumed) this.#stop(fiber.value);
    else if (fiber === this.main && fiber.status === "cancelled") this.#stop(fiber.value, fiber.cancelError);
    this.#remove(fiber);
  }

  opened(scope: FiberOwner): void {
    this.#add(scope);
  }

  settled(scope: FiberOwner): void {
    this.#remove(scope);
  }

  outerStopped(cancel: CancelledError): void {
    if (!this.#shielded) this.#stop(cancel, cancel);
  }

  #add(member: Member): void {
    this.#members.add(member);
    if (member.background) this.#background++;
  }

  #remove(member: Member): void {
    this.#members.delete(member);
    if (member.background) this.#background--;
    if (this.#members.size === 0) this.#settle();
    else if (this.#members.size === this.#background) this.#cancelMembers(new CancelledError("its scope has ended"));
    else if (member === this.main) bodyEnded(this);
  }

  override watch(waiter: Waiter): void {
    if (!waiter.passive) this.#observed = true;
    super.watch(waiter);
  }

  override [Symbol.iterator](): Iterator<Op<unknown>, T, unknown> {
    if (this.isAround) throw waitsForItself(this.label);
    return new Wait<T>(this);
  }

  /** Does the running fiber run in it? */
  get isAround(): boolean {
    let owner = currentFiber()?.owner;
    while (owner !== undefined && owner !== (this as FiberOwner)) owner = owner.outer;
    return owner !== undefined;
  }

  override next(): IteratorResult<Op<unknown>, T> {
    this.#observed = true;
    return super.next();
  }

  override get supersedes(): boolean {
    return this.#superseded;
  }

  override release(_waiter: Waiter, reason: Error): boolean {
    if (this.done) return true;
    this.#stop(reason, reason instanceof CancelledError ? reason : undefined);
    return false;
  }

  override abort(reason: unknown): void {
    this.#stop(reason);
  }

  /** Ends the fibers that a cancel did not end; the scope settles with them. */
  abandon(): void {
    for (const member of [...this.#members].reverse()) member.abandon?.();
  }

  // The first failure decides, but that an error counts for more than a cancel; later ones are kept. Fibers get the
  // cancel, newest first.
  #stop(error: unknown, cancel: CancelledError | null = null): void {
    if (this.done) return;
    if (this.#failure !== null) {
      if (error instanceof CancelledError) return;
      if (this.#failure.error instanceof CancelledError && !(error instanceof DeadlineError)) {
        this.#failure = { error };
        this.#superseded = true;
      } else this.errors.push(error);
      return;
    }
    this.#failure = { error };
    this.#stopped = cancel ?? new CancelledError(error);
    this.#abort?.abort(this.#stopped);
    this.#cancelMembers(this.#stopped);
  }

  #cancelMembers(cancel: CancelledError): void {
    for (const member of [...this.#members].reverse()) {
      if (member instanceof FiberOp) member.cancel(cancel);
      else member.outerStopped?.(cancel);
    }
  }

  #settle(): void {
    if (this.#timer !== null) runtime.clearTimer(this.#timer);
    this.#conclude();
    this.#outer.settled(this);
  }

  #conclude(): void {
    if (this.#failure === null) return this.settle(this.main.value as T);
    const { error } = this.#failure;
    // It had its outcome when the deadline came, and was only still to hear of it: a match is the commit point.
    if (error === this.#late && this.#alone && this.main.status === "ok" && this.main.doomed) {
      return this.settle(this.main.value as T);
    }
    // The body may have jumped out of its finally with a value after the deadline: the deadline stands.
    this.fail(error);
    runtime.later(() => {
      if (!this.#observed && !(error instanceof CancelledError)) unhandled(error, this.path);
    });
  }
}

refuseAwaits(ScopeOp, (scope) => (scope.isAround ? scope.label : null));
