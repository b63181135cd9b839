/**
 * Where fibers were started, while that is asked for: finding out costs more than starting one.
 */
import type { FiberOp } from "./fiber.js";

let starts: WeakMap<FiberOp<unknown>, string> | null = null;

/** Keeps where each fiber is started from now on, for `activity()` and reports; off by default, for it takes microseconds a fiber. */
export function traceStarts(on: boolean): void {
  starts = on ? (starts ?? new WeakMap()) : null;
}

/** True while `traceStarts` is on. */
export function tracesStarts(): boolean {
  return starts !== null;
}

/** `file:line:column` of the start, where it was kept. */
export function startOf(fiber: FiberOp<unknown>): string | undefined {
  return starts?.get(fiber);
}

/** A fiber is being started. */
export function started(fiber: FiberOp<unknown>): void {
  starts?.set(fiber, callSite());
}

// The innermost frame that is none of this package's own.
function callSite(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const [own = ""] = frames.map(place);
  const here = own.slice(0, own.lastIndexOf("/") + 1);
  return place(frames.find((frame) => !place(frame).startsWith(here)) ?? frames.at(-1) ?? "");
}

function place(frame: string): string {
  return /\(?([^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1] ?? frame.trim();
}
