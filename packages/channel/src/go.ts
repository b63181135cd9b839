/**
 * `go`: how fibers are started, and which one runs.
 */
import { isChannel } from "./channel-face.js";
import { checkOptions, describe, misuse } from "./errors.js";
import { FiberOp } from "./fiber.js";
import type { Body, Fiber, FiberOptions } from "./fiber-face.js";
import { runtime } from "./internal/runtime.js";
import { type FiberOwner, root } from "./owner.js";
import { started } from "./starts.js";
import { checkMs } from "./time.js";

const OPTIONS = ["name", "supervisor", "graceMs", "detached", "background"] as const;

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
  checkFiberOptions(options);
  if (options.graceMs !== undefined && options.graceMs !== Number.POSITIVE_INFINITY) {
    checkMs("go() graceMs", options.graceMs);
  }
  const current = currentFiber();
  const fiber = new FiberOp(body, options, owner, current, silent);
  // What a cancelled fiber calls takes no effect; but what it detaches is not its own.
  if (current?.doomed && options.detached !== true) fiber.cancel(current.cancelError);
  owner.adopt(fiber as FiberOp<unknown>);
  started(fiber as FiberOp<unknown>);
  runtime.start(fiber);
  return fiber;
}

function checkFiberOptions({ name, supervisor, detached, background }: FiberOptions): void {
  const wrong = (what: string, got: unknown): Error =>
    misuse("type", "BAD_OPTION", `go(): ${what}, got ${describe(got)}`);
  if (name !== undefined && typeof name !== "string") throw wrong("name must be a string", name);
  if (supervisor !== undefined && supervisor !== null && !isChannel(supervisor)) {
    throw wrong("supervisor must be a channel, or null for none", supervisor);
  }
  for (const flag of [detached, background]) {
    if (flag !== undefined && typeof flag !== "boolean")
      throw wrong("detached and background must be true or false", flag);
  }
}
