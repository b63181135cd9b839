/**
 * `@good-place/channel/kin`: what the other packages of the family need of fibers and time, and nobody else: starting
 * anew what has failed, where fibers are started, whose matter a failure is.
 */
import type { FiberOp } from "./fiber.js";
import type { Fiber } from "./fiber-face.js";

export { passOver } from "./starts.js";
export { type CheckedRestart, checkRestart, type RestartOptions, Restarts } from "./supervisor/restarts.js";
export { checkMs } from "./time.js";

/**
 * Whether the scope of a failed fiber has taken its failure, and will fail with it: then its supervisor, which was only
 * inherited, has heard of it and need not act.
 */
export function isScopesMatter(fiber: Fiber<unknown>): boolean {
  return fiber.status === "error" && !(fiber as FiberOp<unknown>).consumed;
}
