/**
 * The thread's side of `goThread`: gets the thread's input, runs its body as a fiber, and tells what becomes of it.
 */
import { CancelledError, describe, misuse } from "../errors.js";
import type { FiberOp } from "../fiber.js";
import type { Fiber } from "../fiber-face.js";
import { go } from "../go.js";
import { onUnhandled } from "../unhandled.js";
import { Bridge } from "./bridge.js";
import * as control from "./control.js";
import { copy } from "./copy.js";
import { type PackedError, packError, unpackError } from "./error.js";
import { nodeThreads } from "./host.js";
import { holdLifeline } from "./lifeline.js";
import { type Receiver, Wire, wires } from "./protocol.js";
import { revive } from "./remote.js";
import type { ThreadBody } from "./thread-body.js";

/** How the thread gets its body: the default export of a module, or what it was given. */
type Load = (start: control.Start) => PromiseLike<{ readonly default?: unknown }>;

class Thread implements Receiver {
  readonly #load: Load;
  readonly #wire: Wire;
  readonly #bridge: Bridge;
  #start: control.Start | null = null;
  #fiber: FiberOp<unknown> | null = null;
  #cancel: CancelledError | null = null;
  #over = false;

  constructor(port: MessagePort, load: Load) {
    this.#load = load;
    this.#wire = new Wire(port, () => this, revive);
    this.#bridge = new Bridge(this.#wire, () => this.#fiber as Fiber<unknown> | null);
    // As long as the body runs, so does the thread, whatever it waits for.
    this.#wire.hold(true);
    onUnhandled((error, path) => this.#wire.say(control.UNHANDLED, 0, { path, error: packError(error) }));
  }

  hear(kind: number, id: number, value: unknown): void {
    if (kind === control.START) this.#start = value as control.Start;
    else if (kind === control.INPUT) void this.#run(this.#start as control.Start, value);
    else if (kind === control.CANCEL) {
      this.#cancel = new CancelledError(unpackError(value as PackedError));
      this.#fiber?.cancel(this.#cancel);
    } else this.#bridge.answered(kind, id, value);
  }

  // Nobody is left to work for.
  gone(): void {
    this.#cancel ??= new CancelledError("the thread that started this one is gone");
    this.#fiber?.cancel(this.#cancel);
  }

  /** An error that nobody has caught ends the thread. */
  crashed(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#wire.say(control.CRASHED, 0, packError(error));
    this.#wire.flush();
  }

  async #run(start: control.Start, input: unknown): Promise<void> {
    const { name, supervised } = start;
    let body: ThreadBody<unknown, unknown>;
    try {
      ({ default: body } = (await this.#load(start)) as { default: typeof body });
    } catch (error) {
      return this.#fail("THREAD_MODULE", `the module of thread ${name} could not be loaded: ${describe(error)}`, error);
    }
    if (typeof body !== "function") {
      const what = describe(body);
      return this.#fail("NOT_A_BODY", `the module of thread ${name} exports no function as its default, but ${what}`);
    }
    const running = go((fiber) => body(input, fiber), {
      name,
      supervisor: supervised ? this.#bridge : null,
      graceMs: Number.POSITIVE_INFINITY,
    });
    this.#fiber = running as FiberOp<unknown>;
    if (this.#cancel !== null) running.cancel(this.#cancel);
    this.#fiber.watch({ wake: () => this.#ended(running as FiberOp<unknown>) });
  }

  #ended({ status, value, name }: FiberOp<unknown>): void {
    if (status === "cancelled") return this.#end(control.CANCELLED);
    if (status === "error") return this.#fail("THREAD_FAILED", `thread ${name} has failed: ${describe(value)}`, value);
    let result: unknown;
    try {
      result = copy(value);
    } catch (error) {
      return this.#fail("UNCLONEABLE", `the result of thread ${name} cannot be cloned`, error);
    }
    this.#end(control.OK, result);
  }

  #fail(code: string, message: string, error?: unknown): void {
    this.#end(control.FAILED, { code, message, error: error === undefined ? undefined : packError(error) });
  }

  // A thread ends with its body: what was given before is sent before, and its channels are gone.
  #end(kind: number, value?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    for (const wire of wires) if (wire !== this.#wire) wire.flush();
    this.#wire.say(kind, 0, value);
    this.#wire.flush();
    for (const wire of [...wires]) wire.close();
  }
}

/** Runs the body of the one thread that this worker is for. Throws NOT_A_THREAD where this is no worker. */
export function serve(load: Load): void {
  const node = nodeThreads();
  if (node === null ? !("WorkerGlobalScope" in globalThis) : node.parentPort === null) {
    throw misuse(
      "type",
      "NOT_A_THREAD",
      "serveThread() is called in the module of a worker, not in one that starts it",
    );
  }
  if (node !== null) {
    node.parentPort?.once("message", (port: MessagePort) => {
      const thread = new Thread(port, load);
      node.process.on("uncaughtExceptionMonitor", (error) => thread.crashed(error));
    });
    return;
  }
  const begin = async ({ data }: MessageEvent<MessagePort>): Promise<void> => {
    // Before it has any wire, so that whoever has one to it knows what to watch.
    await holdLifeline();
    const thread = new Thread(data, load);
    addEventListener("error", (event) => thread.crashed(event.error ?? event.message));
    addEventListener("unhandledrejection", (event) => thread.crashed(event.reason));
  };
  addEventListener("message", begin, { once: true });
}
