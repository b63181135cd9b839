/**
 * `goThread`: a body in a thread of its own, and the fiber that stands for it here. The fiber ends when the thread is
 * gone; a cancel asks the body to end first, and ends the thread where that takes too long.
 */

import { operationOf } from "../awaited.js";
import { timeout } from "../clause.js";
import { type CancelledError, checkOptions, describe, misuse } from "../errors.js";
import { forceSignal } from "../fiber.js";
import type { Fiber, FiberOptions } from "../fiber-face.js";
import { go } from "../go.js";
import { Operation } from "../operation.js";
import { select } from "../select.js";
import type { Supervisor } from "../signal.js";
import { checkMs } from "../time.js";
import { unhandled } from "../unhandled.js";
import { until } from "../until.js";
import * as control from "./control.js";
import { copy } from "./copy.js";
import { type PackedError, packError, ThreadError, unpackError } from "./error.js";
import { type StartedWorker, startWorker, type ThreadWorker } from "./host.js";
import { type Receiver, Wire } from "./protocol.js";
import { revive } from "./remote.js";
import type { TransferOptions } from "./thread-channel.js";

export interface ThreadOptions extends FiberOptions, TransferOptions {
  /** How long a cancelled body, or what an ended one leaves behind, may go on before the thread is ended, in milliseconds; 5,000 by default, Infinity for ever. */
  readonly graceMs?: number | undefined;
}

const GRACE_MS = 5000;

/**
 * Starts a thread that runs the default export of the module at `url`, a generator, async or plain function, with a
 * copy of the input and its own fiber. The fiber that is returned stands for the thread: its name, supervisor, scope and cancel
 * are those of any fiber, and it ends when the thread is gone. Fails with a ThreadError: UNCLONEABLE where the input or
 * the result cannot be cloned, THREAD_MODULE, NOT_A_BODY, THREAD_FAILED for what the body throws, THREAD_CRASHED for
 * what nobody in it caught, THREAD_EXITED where it ended without an outcome.
 * For bundlers, which must see the worker being made, it also takes a function that makes one whose module calls
 * `serveThread`. A worker in a browser that never calls it has to be cancelled.
 */
export function goThread<T = unknown>(
  source: URL | string | (() => ThreadWorker),
  input?: unknown,
  options: ThreadOptions = {},
): Fiber<T> {
  checkOptions("goThread()", options, ["name", "supervisor", "graceMs", "detached", "transfer"]);
  const { transfer, graceMs = GRACE_MS, ...fiberOptions } = options;
  if (graceMs !== Number.POSITIVE_INFINITY) checkMs("goThread() graceMs", graceMs);
  const make = typeof source === "function" ? source : null;
  const module = typeof source === "function" ? null : moduleOf(source);
  const name = options.name ?? (module?.pathname.split("/").at(-1) || "thread");
  // Copied when it is called: what the caller does with the input afterwards is not seen.
  let outgoing: unknown;
  let refused: { readonly error: unknown } | null = null;
  try {
    outgoing = copy(input, transfer);
  } catch (error) {
    refused = { error };
  }
  return go<T>(
    function* thread(fiber): Generator<unknown, T, never> {
      if (refused !== null) throw refused.error;
      const started = new StartedThread(
        fiber,
        { url: module?.href ?? "", name, supervised: fiber.supervisor !== null },
        outgoing,
        make,
      );
      try {
        return resultOf(yield* started.ended) as T;
      } finally {
        yield* started.ending(graceMs);
      }
    },
    { ...fiberOptions, name, graceMs: Number.POSITIVE_INFINITY },
  );
}

function moduleOf(url: URL | string): URL {
  try {
    return new URL(url);
  } catch {
    throw misuse(
      "type",
      "NOT_A_URL",
      `goThread() takes the URL of a module, such as new URL("./work.js", import.meta.url); got ${describe(url)}`,
    );
  }
}

type Outcome =
  | { readonly tag: "ok"; readonly value: unknown }
  | { readonly tag: "cancelled" }
  | { readonly tag: "failed"; readonly error: ThreadError };

function resultOf(event: Outcome): unknown {
  if (event.tag === "failed") throw event.error;
  // A body that ended as cancelled, though nobody here has cancelled it, has cancelled itself.
  if (event.tag === "cancelled") throw new ThreadError("THREAD_FAILED", "the thread has cancelled itself");
  return event.value;
}

class StartedThread implements Receiver {
  readonly ended: Operation<Outcome> = new Operation<Outcome>();
  readonly #fiber: Fiber<unknown>;
  readonly #name: string;
  readonly #wire: Wire;
  readonly #worker: StartedWorker;
  readonly #gone = new Operation<void>();
  readonly #gives = new Map<number, Operation<boolean>>();
  #outcome: Outcome | null = null;
  #exitCode: number | undefined = undefined;

  constructor(fiber: Fiber<unknown>, start: control.Start, input: unknown, make: (() => ThreadWorker) | null) {
    this.#fiber = fiber;
    this.#name = start.name;
    const { port1, port2 } = new MessageChannel();
    this.#wire = new Wire(port1, () => this, revive);
    try {
      const events = {
        crashed: (error: unknown) => this.#crashed(error),
        exited: (code: number) => this.#exited(code),
      };
      this.#worker = startWorker(start.name, port2, events, make);
    } catch (error) {
      this.#wire.close();
      throw new ThreadError("THREAD_CRASHED", `thread ${start.name} could not be started: ${describe(error)}`, {
        cause: error,
      });
    }
    // The worker keeps the process alive, but may be gone before all that it said was heard.
    this.#wire.hold(true);
    this.#wire.say(control.START, 0, start);
    this.#wire.say(control.INPUT, 0, input);
  }

  /** Waits until the thread is gone: asks it to end, if it has not by itself, and ends it when the grace is over. */
  *ending(graceMs: number): Generator<unknown, void, never> {
    const cancelling = this.#outcome === null;
    if (cancelling) {
      const { reason } = this.#fiber.signal.reason as CancelledError;
      this.#wire.say(control.CANCEL, 0, packError(reason));
    }
    try {
      yield* select([this.#gone, graceMs === Number.POSITIVE_INFINITY ? null : timeout(graceMs)]);
    } finally {
      this.#worker.terminate();
      if (!this.#worker.exits) this.#over();
    }
    yield* this.#gone;
    // What its finally blocks threw, not that it was ended.
    if (cancelling && this.#outcome?.tag === "failed" && this.#outcome.error.code !== "THREAD_EXITED") {
      throw this.#outcome.error;
    }
  }

  hear(kind: number, id: number, value: unknown): void {
    const supervisor = this.#fiber.supervisor as Supervisor;
    switch (kind) {
      case control.OK:
        return this.#ended({ tag: "ok", value });
      case control.CANCELLED:
        return this.#ended({ tag: "cancelled" });
      case control.FAILED: {
        const { code, message, error } = value as control.Failure;
        return this.#failed(code, message, {
          cause: error === undefined ? undefined : unpackError(error as PackedError),
        });
      }
      case control.CRASHED:
        this.#crashed(unpackError(value as PackedError));
        if (!this.#worker.exits) this.#over();
        return;
      case control.YIELD:
        // At once, as what is given is: the order is that of the thread.
        forceSignal(supervisor, { ...(value as object), fiber: this.#fiber });
        return;
      case control.SIGNAL: {
        const { error, ...signal } = value as { error?: PackedError };
        const told = error === undefined ? signal : { ...signal, error: unpackError(error) };
        forceSignal(supervisor, { ...told, fiber: this.#fiber });
        return;
      }
      case control.GIVE:
        return this.#keep(id, this.#give(id, supervisor, value as object, false));
      case control.EMERGE:
        return this.#keep(id, this.#give(id, supervisor, value as object, true));
      case control.PUT: {
        const { signal, emerges } = value as { signal: object; emerges: boolean };
        this.#give(id, supervisor, signal, emerges);
        return;
      }
      case control.UNGIVE:
        if (this.#gives.get(id)?.withdraw() === true) {
          this.#gives.delete(id);
          this.#wire.say(control.UNGIVEN, id);
        }
        return;
      case control.UNHANDLED: {
        const { path, error } = value as { path: string; error: PackedError };
        unhandled(unpackError(error), `${this.#fiber.path}/${path}`);
      }
    }
  }

  // The port of a thread that has ended: by now all that it said was heard.
  gone(): void {
    if (!this.#worker.exits || this.#exitCode !== undefined) this.#over();
  }

  // What is not accepted yet is withdrawn when the thread wants that, or ends.
  #keep(id: number, op: Operation<boolean>): void {
    if (!op.done) this.#gives.set(id, op);
  }

  #give(id: number, supervisor: Supervisor, signal: object, emerges: boolean): Operation<boolean> {
    const settle = (error?: unknown): void =>
      this.#wire.say(control.SETTLE, id, error === undefined ? undefined : packError(error));
    const given = supervisor.give({ ...signal, ...(emerges ? { settle } : {}), fiber: this.#fiber });
    const op = (operationOf(given) ?? until(given)) as Operation<boolean>;
    op.watch({
      wake: ({ failed, value }) => {
        this.#gives.delete(id);
        if (failed) this.#wire.say(control.REFUSED, id, packError(value));
        else this.#wire.say(control.GAVE, id, value);
      },
    });
    return op;
  }

  #crashed(error: unknown): void {
    this.#failed("THREAD_CRASHED", `nobody in thread ${this.#name} caught: ${describe(error)}`, { cause: error });
  }

  #exited(code: number): void {
    this.#exitCode = code;
    if (!this.#wire.open) this.#over();
  }

  #failed(code: string, message: string, options: ErrorOptions & { readonly exitCode?: number | undefined }): void {
    this.#ended({ tag: "failed", error: new ThreadError(code, message, options) });
  }

  #ended(outcome: Outcome): void {
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    this.ended.settle(outcome);
    // A web worker ends only when it is told to.
    if (!this.#worker.exits) this.#over();
  }

  #over(): void {
    const exitCode = this.#exitCode;
    if (this.#outcome === null) {
      const how = exitCode === undefined ? "" : ` with the exit code ${exitCode}`;
      this.#failed("THREAD_EXITED", `thread ${this.#name} has ended${how}, and without an outcome`, { exitCode });
    }
    if (this.#gone.done) return;
    for (const give of this.#gives.values()) give.withdraw();
    this.#wire.close();
    this.#worker.terminate();
    this.#gone.settle(undefined);
  }
}
