/**
 * Threads as the host has them: Node's worker_threads, or the web's workers. Node's module is asked for at run time,
 * so that this file loads in browsers too.
 */

// By what Node's types and the DOM's have in common, as all that users' declarations name: neither needs the other.
type Port = InstanceType<typeof MessageChannel>["port1"];

interface NodeWorker {
  on(event: "error" | "messageerror", heard: (error: unknown) => void): void;
  on(event: "exit", heard: (code: number) => void): void;
  postMessage(message: unknown, transfer: readonly object[]): void;
  terminate(): Promise<number>;
}

interface NodeThreads {
  readonly Worker: new (
    url: URL,
    options: { readonly name: string; readonly execArgv?: readonly string[] },
  ) => NodeWorker;
  readonly parentPort: { once(event: "message", heard: (port: Port) => void): void } | null;
  readonly process: {
    readonly execArgv: readonly string[];
    on(event: "uncaughtExceptionMonitor", heard: (error: unknown) => void): void;
  };
}

/** Node's threads; null in a browser. */
export function nodeThreads(): NodeThreads | null {
  const { process } = globalThis as {
    process?: NodeThreads["process"] & { getBuiltinModule?: (id: string) => Omit<NodeThreads, "process"> };
  };
  if (typeof process?.getBuiltinModule !== "function") return null;
  const { Worker, parentPort } = process.getBuiltinModule("node:worker_threads");
  return { Worker, parentPort, process };
}

/** What the starter hears of a worker itself, beside what its thread says. */
export interface WorkerEvents {
  /** It fails; its thread may not have been able to say so. */
  crashed(error: unknown): void;
  /** It is gone. A web worker never says so. */
  exited(code: number): void;
}

export interface StartedWorker {
  terminate(): void;
  /** Whether `exited` will be called. */
  readonly exits: boolean;
}

/** A worker, as Node and browsers make it. */
export interface ThreadWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** Starts a worker, or takes the one that is made, with the port through which its thread is to speak. */
export function startWorker(
  name: string,
  port: Port,
  events: WorkerEvents,
  make: (() => ThreadWorker) | null,
): StartedWorker {
  const worker = (make === null ? ownWorker(name) : make()) as Worker | NodeWorker;
  worker.postMessage(port, [port]);
  if ("on" in worker) {
    worker.on("error", (error) => events.crashed(error));
    worker.on("exit", (code) => events.exited(code));
    return { exits: true, terminate: () => void worker.terminate() };
  }
  worker.onerror = (event) => {
    event.preventDefault();
    events.crashed(event.error ?? event.message);
  };
  return { exits: false, terminate: () => worker.terminate() };
}

function ownWorker(name: string): Worker | NodeWorker {
  const node = nodeThreads();
  if (node !== null) {
    // A worker inherits the flags of its process, and Node refuses this one for a file.
    const evaluated = node.process.execArgv.some((flag) => flag.startsWith("--input-type"));
    const flags = evaluated ? { execArgv: [] } : {};
    return new node.Worker(new URL("./main.js", import.meta.url), { name, ...flags });
  }
  return new Worker(new URL("./main.js", import.meta.url), { type: "module", name });
}
