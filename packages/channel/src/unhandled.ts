/**
 * Where failures go that nobody awaits and nobody supervises: one handler for the program, replaceable.
 */
import { describe, misuse } from "./errors.js";

/** Gets a failure and the path of where it happened, outermost scope first. */
export type UnhandledHandler = (error: unknown, path: string) => void;

const host = globalThis as { process?: { exitCode?: number | string | null | undefined } };

const fallback: UnhandledHandler = (error, path) => {
  console.error(`unhandled failure in ${path}:`, error);
  if (host.process !== undefined) host.process.exitCode = 1;
};

// The last one counts; each stands in an entry of its own, so that it can be taken out in any order.
const handlers: { readonly call: UnhandledHandler }[] = [{ call: fallback }];

/**
 * Sets what happens to a failure that nobody awaits or supervises. The default prints the fiber's path and the error,
 * and sets the process's exit code to 1. Returns a function that puts the former handler back.
 */
export function onUnhandled(next: UnhandledHandler): () => void {
  if (typeof next !== "function") {
    throw misuse("type", "NOT_A_HANDLER", `onUnhandled() takes a function, got ${describe(next)}`);
  }
  const entry = { call: next };
  handlers.push(entry);
  return () => {
    const at = handlers.indexOf(entry);
    if (at >= 0) handlers.splice(at, 1);
  };
}

/** Reports a failure to the handler. A handler that throws must not stop the loop: its error is thrown to the host. */
export function unhandled(error: unknown, path: string): void {
  try {
    (handlers.at(-1) as { readonly call: UnhandledHandler }).call(error, path);
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
