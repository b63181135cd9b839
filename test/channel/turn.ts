/**
 * What the channel tests have in common: letting the runtime run until it is quiet, and catching what nobody handles.
 */
import { go, onUnhandled } from "@good-place/channel";

/** Resolves when all that is ready to run has run. */
export async function turn(): Promise<void> {
  await hostTurn();
  // On a busy machine the runtime may have left some of it for its next turns; a fiber that starts now comes after it.
  for (let i = 0; i < 2; i++) {
    await go(() => {}, { detached: true, supervisor: null });
    await hostTurn();
  }
}

/** Resolves when the host has had a turn. */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") return void setImmediate(resolve);
    // Browsers have no setImmediate, and slow down timers that follow upon each other; a message takes one turn.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Some turns, for what hands over from turn to turn. */
export async function turns(count = 8): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** Uses up the runtime's budget of steps that need not wait. */
export async function exhaust(step: () => PromiseLike<unknown>): Promise<void> {
  const until = performance.now() + 10;
  while (performance.now() < until) await step();
}

/** Runs the body with a handler that collects what is unhandled, then puts the former one back. */
export async function collectingUnhandled(body: (errors: unknown[]) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const restore = onUnhandled((error) => errors.push(error));
  try {
    await body(errors);
  } finally {
    restore();
  }
}

/** The code of what the promise rejects with; undefined where it resolves. */
export async function codeOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

/** The code that a call throws. */
export function codeThrown(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}
