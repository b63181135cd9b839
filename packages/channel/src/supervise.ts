/**
 * Working off a supervisor channel, and giving to one: `supervise`, `giveSupervisor`, `emergence`.
 */
import { abortable } from "./abort.js";
import { CLOSED } from "./answers.js";
import { operationOf } from "./awaited.js";
import { type Channel, isChannel } from "./channel-face.js";
import { CancelledError, ChannelError, describe, misuse } from "./errors.js";
import { CANCELLED, forceSignal } from "./fiber.js";
import type { Fiber, FiberOptions } from "./fiber-face.js";
import { currentFiber, go } from "./go.js";
import { runtime } from "./internal/runtime.js";
import { type Op, Operation, type Waiter, type WaitOptions } from "./operation.js";
import { failed, refusal, settled } from "./outcome.js";
import { isGenerator, isThenable } from "./shapes.js";
import { dropped, type Emergence, type Signal, type Supervisor } from "./signal.js";
import { unhandled } from "./unhandled.js";
import { until } from "./until.js";

/** What works off one signal; it may wait, and the next signal comes when it has ended. */
export type SignalHandler<S> = (signal: S) => Generator<unknown, unknown, never> | PromiseLike<unknown> | unknown;

/**
 * A fiber that takes signals and gives them to the handler, in turn, until the channel closes. What a handler throws
 * costs one signal: it becomes an `error` signal of this fiber, to the supervisor that it was itself started under, and
 * is otherwise reported as unhandled; the loop goes on.
 */
export function supervise<S>(signals: Channel<S>, handler: SignalHandler<S>, options: FiberOptions = {}): Fiber<void> {
  if (!isChannel(signals)) {
    throw misuse("type", "NOT_A_CHANNEL", `supervise() takes a channel of signals, got ${describe(signals)}`);
  }
  if (typeof handler !== "function") {
    throw misuse(
      "type",
      "NOT_A_HANDLER",
      `supervise() takes a function that handles a signal, got ${describe(handler)}`,
    );
  }
  return go(
    function* supervising(fiber): Generator<unknown, void, never> {
      for (;;) {
        const signal = yield* signals.take();
        if (signal === CLOSED) return;
        try {
          const result = handler(signal);
          // Cancelled in a handler whose `finally` has waited.
          if (isGenerator<unknown>(result) && (yield* result) === CANCELLED) return CANCELLED as never;
          if (isThenable<unknown>(result)) yield* operationOf(result) ?? until(result);
        } catch (error) {
          if (fiber.supervisor === null || !forceSignal(fiber.supervisor, { tag: "error", fiber, error })) {
            unhandled(error, fiber.path);
          }
        }
      }
    },
    { name: signals.name === undefined ? "supervisor" : `supervisor of ${signals.name}`, ...options },
  );
}

/**
 * Gives `{ ...signal, fiber }` to the running fiber's supervisor, with its backpressure. True when it was accepted; false
 * when the fiber has no supervisor or a closed one. In an async body call it before the first await, or give to
 * `fiber.supervisor` directly.
 */
export function giveSupervisor<S extends Signal>(signal: S, options?: WaitOptions): Op<boolean> {
  if (typeof signal !== "object" || signal === null || typeof signal.tag !== "string") {
    throw misuse("type", "NOT_A_SIGNAL", `giveSupervisor() takes an object with a tag, got ${describe(signal)}`);
  }
  const fiber = currentFiber();
  const supervisor = fiber?.supervisor ?? null;
  return supervisor === null ? settled(false) : supervisor.give({ ...signal, fiber }, options);
}

export interface EmergenceOptions extends WaitOptions {
  /** Who asks; the running fiber by default. */
  readonly fiber?: Fiber<unknown> | undefined;
  /** The id of the act that these follow from. */
  readonly cause?: string | undefined;
  /** Who asks for them, in the words of the program: a user, a client. */
  readonly by?: string | undefined;
}

/**
 * Asks whoever works off the supervisor to confirm the acts, and waits for the answer; `undefined` stands for the
 * supervisor of the running fiber. Fails with the refusal, with NO_SUPERVISOR when there is none, or with
 * SUPERVISOR_CLOSED when it closed before it took the signal.
 */
export function emergence(
  supervisor: Supervisor | null | undefined,
  acts: readonly unknown[],
  options: EmergenceOptions = {},
): Op<void> {
  const refused = refusal(options, ["signal", "fiber", "cause", "by"]);
  if (refused !== null) return refused;
  const above = supervisor === undefined ? (currentFiber()?.supervisor ?? null) : supervisor;
  if (above === null) {
    return failed(
      new ChannelError("NO_SUPERVISOR", "emergence needs a supervisor channel: nobody here can confirm acts"),
    );
  }
  const asking = options.fiber ?? currentFiber() ?? undefined;
  const op = new EmergenceOp(asking?.path ?? "an emergence");
  const signal: Emergence = {
    tag: "emergence",
    acts,
    fiber: asking,
    cause: options.cause,
    by: options.by,
    settle: (error) => (error === undefined ? op.settle() : op.fail(error)),
  };
  op.giving((above as Channel<Emergence>).give(signal));
  return abortable(op, options);
}

// Waits to be given, then to be answered. Until it is given it can be withdrawn.
class EmergenceOp extends Operation<void> {
  readonly #path: string;
  #given: Operation<unknown> | null = null;
  #observed = false;
  readonly #waiter: Waiter = {
    wake: (given) => {
      if (given.failed) this.fail(given.value);
      else if (given.value === false) this.#closed();
    },
  };

  constructor(path: string) {
    super();
    this.#path = path;
  }

  giving(given: Op<boolean>): void {
    this.#given = operationOf(given);
    if (this.#given !== null) this.#given.watch(this.#waiter);
    else {
      given.then(
        (accepted) => accepted || this.#closed(),
        (error: unknown) => this.fail(error),
      );
    }
  }

  override get label(): string {
    return "an emergence";
  }

  override settle(): void {
    super.settle(undefined);
  }

  // A refusal that nobody waits for must not get lost.
  override fail(error: unknown): void {
    if (this.done) return;
    super.fail(error);
    if (this.#observed) return;
    runtime.later(() => {
      if (!this.#observed) unhandled(error, this.#path);
    });
  }

  override abort(reason: unknown): void {
    this.#observed = true;
    super.abort(reason);
  }

  override watch(waiter: Waiter): void {
    if (!waiter.passive) this.#observed = true;
    super.watch(waiter);
  }

  override next(): IteratorResult<Op<unknown>, void> {
    this.#observed = true;
    return super.next();
  }

  override withdraw(): boolean {
    const given = this.#given;
    if (given === null || given.committed) return false;
    given.release(this.#waiter, new CancelledError("the emergence was withdrawn"));
    return true;
  }

  #closed(): void {
    this.fail(dropped());
  }
}
