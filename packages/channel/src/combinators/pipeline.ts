/**
 * `pipeline`: a stage that works on several values at once and gives the results in the order of the values.
 * Its workers pass a token round: who has it may take the next value, and gets with it what the worker before has still to
 * do; a result waits for that before it is given. So a stage holds one value a worker, and needs no queue.
 * The shape is that of core.async's pipeline, with workers that can fail, be cancelled and see the output close.
 */
import { CLOSED } from "../answers.js";
import { operationOf } from "../awaited.js";
import { type Chan, channel } from "../channel.js";
import type { Channel } from "../channel-face.js";
import { checkOptions, describe, misuse } from "../errors.js";
import { CANCELLED, type FiberOp } from "../fiber.js";
import type { Fiber } from "../fiber-face.js";
import { innermost, spawn } from "../go.js";
import { Operation } from "../operation.js";
import type { Joint } from "../parked.js";
import { type Scope, scope } from "../scope.js";
import { isAsyncGenerator, isGenerator, isThenable } from "../shapes.js";
import { unhandled } from "../unhandled.js";
import { until } from "../until.js";
import { change } from "./change.js";
import { deliver } from "./deliver.js";
import { checkChannel, checkFlags, ending, feed, OUTPUT_OPTIONS, type OutputOptions, output } from "./output.js";
import type { Stage } from "./pipe.js";

/** What a pipeline does with a value: a generator, async or plain function. The signal aborts when the work is cancelled. */
export type Work<A, B> = (
  value: A,
  cancel: { readonly signal: AbortSignal },
) => Generator<unknown, B, never> | PromiseLike<B> | B;

export interface PipelineOptions<B> extends OutputOptions<B> {
  /** Gives the results in the order of the values, not in that of their making; true by default. */
  readonly ordered?: boolean | undefined;
}

/**
 * A stage of at most `n` works at once. Its output finishes when the source has ended and all results are given.
 * An error of `fn` cancels the other works, aborts the output with the error and fails the scope that the stage was made
 * in; at the root the output alone has it. An abort of the source cancels the works and aborts the output. An output that is
 * closed by its reader cancels the works. A result that cannot be given goes to `onUndelivered`; a value whose work is
 * cancelled is known to the work alone. Whatever ends the stage before its source closes the source.
 */
export function pipeline<A, B>(n: number, fn: Work<A, B>, options: PipelineOptions<B> = {}): Stage<A, B> {
  if (!Number.isInteger(n) || n < 1) {
    throw misuse("range", "BAD_LIMIT", `pipeline() takes how many work at once, an integer >= 1, got ${describe(n)}`);
  }
  if (typeof fn !== "function") {
    throw misuse("type", "NOT_A_BODY", `pipeline() takes a generator, async or plain function, got ${describe(fn)}`);
  }
  checkOptions("pipeline()", options, [...OUTPUT_OPTIONS, "ordered"]);
  checkFlags("pipeline()", options, ["ordered", "closeSource"]);
  return (from) => {
    checkChannel("the source of a pipeline", from);
    const { buffer = 0, closeSource = true, ordered = true } = options;
    const out = output<B>(buffer, options);
    const line = new Line(from as Joint<A>, out, n, fn, ordered);
    const sources = closeSource ? [from as Channel<never>] : [];
    void feed(ending(out, sources), (fiber) => line.run(fiber, closeSource), { name: "pipeline" });
    return out;
  };
}

class Line<A, B> {
  readonly #from: Joint<A>;
  readonly #out: Chan<B>;
  readonly #most: number;
  readonly #fn: Work<A, B>;
  readonly #ordered: boolean;
  // The token: the right to take the next value, and what has to be over before its result is given.
  readonly #turn: Channel<Operation<void>> = channel(1);
  readonly #workers = new Set<FiberOp<void>>();
  #idle = 0;
  #drained = false;

  constructor(from: Joint<A>, out: Chan<B>, most: number, fn: Work<A, B>, ordered: boolean) {
    this.#from = from;
    this.#out = out;
    this.#most = most;
    this.#fn = fn;
    this.#ordered = ordered;
  }

  *run(fiber: Fiber<unknown>, closeSource: boolean): Generator<unknown, void, never> {
    const out = this.#out;
    let further: Scope["errors"] = [];
    const working = (inner: Scope): Generator<unknown, void, never> => {
      further = inner.errors;
      return this.#work();
    };
    try {
      yield* scope(working, { name: this.#fn.name || "work" });
    } finally {
      // The first error is the one that the scope fails with.
      for (const error of further) unhandled(error, fiber.path);
    }
    if (closeSource && !this.#drained) this.#from.close(out.reason);
  }

  *#work(): Generator<unknown, void, never> {
    const first = new Operation<void>();
    first.settle(undefined);
    this.#turn.tryGive(first);
    this.#hire();
    // The last worker finishes it when the source is drained; else its reader has closed it, or the source was aborted.
    if (!this.#out.closed) yield* change(this.#out);
    for (const worker of this.#workers) worker.cancel(this.#out.reason);
  }

  #hire(): void {
    const body = (fiber: Fiber<unknown>): Generator<unknown, void, never> => this.#worker(fiber);
    this.#workers.add(spawn(body, { name: "worker" }, innermost(), true));
  }

  *#worker(fiber: Fiber<unknown>): Generator<unknown, void, never> {
    for (;;) {
      this.#idle++;
      const before = yield* this.#turn.take();
      const value = before === CLOSED ? CLOSED : yield* this.#take();
      this.#idle--;
      if (before === CLOSED || value === CLOSED) break;
      const given = new Operation<void>();
      this.#turn.tryGive(given);
      if (this.#idle === 0 && this.#workers.size < this.#most) this.#hire();
      const result = yield* this.#outcome(this.#fn(value, cancelOf(fiber)));
      if ((result as unknown) === CANCELLED) return result as never;
      if (!(yield* this.#give(result, before))) return;
      given.settle(undefined);
    }
    this.#drained = true;
    this.#turn.close();
    this.#workers.delete(fiber as FiberOp<void>);
    if (this.#workers.size === 0) void this.#out.finish(this.#from.reason);
  }

  // An abort of the source is no error of the works: it goes on to the output, whose change ends them.
  *#take(): Generator<unknown, A | typeof CLOSED, never> {
    try {
      return yield* this.#from.take();
    } catch (error) {
      this.#out.abort(error);
      return CLOSED;
    }
  }

  *#outcome(result: ReturnType<Work<A, B>>): Generator<unknown, B, never> {
    if (isGenerator<B>(result)) return yield* result;
    const op = operationOf(result);
    if (op !== null) return (yield* op) as B;
    if (isAsyncGenerator(result)) {
      throw misuse("type", "NOT_A_BODY", "pipeline(): an async generator function is no work; nobody takes its yields");
    }
    if (!isThenable<B>(result)) return result as B;
    let over = false;
    try {
      const value = yield* until(result);
      over = true;
      return value;
    } catch (error) {
      over = true;
      throw error;
    } finally {
      // Cancelled: the promise has been told by the signal, and is waited for, as an async fiber is.
      if (!over) this.#out.drop(yield* until(result));
    }
  }

  *#give(result: B, before: Operation<void>): Generator<unknown, boolean, never> {
    let held = true;
    try {
      if (this.#ordered) yield* before;
      held = false;
      return yield* deliver(this.#out, result);
    } finally {
      if (held) this.#out.drop(result);
    }
  }
}

// Not the fiber itself: a work that cancels its worker would leave a hole in the order.
function cancelOf(fiber: Fiber<unknown>): { readonly signal: AbortSignal } {
  return {
    get signal() {
      return fiber.signal;
    },
  };
}
