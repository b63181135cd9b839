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

// The folders of packages that start fibers for others: what is asked for is where those others called them.
const passedOver = new Set<string>();
// Between a call and the fiber that it starts there can be many frames of the packages in between.
const DEEPEST_START = 50;

/** Frames of modules in the folder of this one, and below it, are not where a fiber was started. */
export function passOver(moduleUrl: string): void {
  passedOver.add(folder(moduleUrl));
}

// The innermost frame that is none of this package's own, or of one that is passed over.
function callSite(): string {
  const host = Error as { stackTraceLimit?: number };
  const limit = host.stackTraceLimit;
  host.stackTraceLimit = DEEPEST_START;
  const frames = (new Error().stack ?? "").split("\n").slice(1).map(place);
  host.stackTraceLimit = limit;
  const apart = [folder(frames[0] ?? ""), ...passedOver];
  return frames.find((frame) => !apart.some((own) => frame.startsWith(own))) ?? frames.at(-1) ?? "";
}

function folder(url: string): string {
  return url.slice(0, url.lastIndexOf("/") + 1);
}

function place(frame: string): string {
  return /\(?([^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1] ?? frame.trim();
}
