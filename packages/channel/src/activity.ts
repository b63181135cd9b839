/**
 * `activity`: which fibers live, what each waits for and since when; and `onLeak`, which tells of the fibers that keep a
 * scope open after its body has ended. Cost: nothing per step but the coarse time of parking.
 */
import { checkOptions, describe, misuse } from "./errors.js";
import { FiberOp } from "./fiber.js";
import type { Fiber } from "./fiber-face.js";
import { runtime } from "./internal/runtime.js";
import { type FiberOwner, root } from "./owner.js";
import type { Scope } from "./scope.js";
import { startOf } from "./starts.js";
import { checkMs } from "./time.js";

/** What one living fiber does. */
export interface Activity {
  readonly fiber: Fiber<unknown>;
  /** The names from the outermost scope to the fiber. */
  readonly name: string;
  /** What it waits for, in words: "a take from channel jobs"; "its turn" when it is ready to run. */
  readonly on: string;
  /** When it began to wait, in milliseconds of the runtime's clock, to within a turn of the loop. */
  readonly since: number;
  readonly forMs: number;
  /** Where it was started: `file:line:column`, while `traceStarts` is on. */
  readonly startedAt: string | undefined;
}

/**
 * Lists the living fibers of a scope and of the scopes in it, in the order of their start; without a scope all of this
 * thread. Throws NOT_A_SCOPE for anything else. An async body is listed as such: what it awaits is not known here.
 */
export function activity(scope?: Scope): Activity[] {
  const found: Activity[] = [];
  collect(scope === undefined ? root : ownerOf(scope), runtime.now(), found);
  return found;
}

function ownerOf(scope: unknown): FiberOwner {
  if (typeof scope === "object" && scope !== null && "members" in scope) return scope as FiberOwner;
  throw misuse(
    "type",
    "NOT_A_SCOPE",
    `activity() takes the scope that a scope's body gets, or nothing; got ${describe(scope)}`,
  );
}

function collect(owner: FiberOwner, now: number, found: Activity[]): void {
  for (const member of owner.members) {
    if (member instanceof FiberOp) found.push(activityOf(member, now));
    else collect(member, now, found);
  }
}

/** What one fiber does at a moment. */
export function activityOf(fiber: FiberOp<unknown>, now: number): Activity {
  const { parkedOn } = fiber;
  const since = parkedOn === null ? now : fiber.parkedAt;
  return {
    fiber,
    name: fiber.path,
    on: fiber.waitsFor,
    since,
    forMs: Math.max(0, now - since),
    startedAt: startOf(fiber),
  };
}

/** A scope whose body has ended, and the fibers that keep it open: none of them has moved since. */
export interface Leak {
  readonly scope: string;
  readonly parked: readonly Activity[];
}

export interface LeakOptions {
  /** How long after the end of the body to look, in milliseconds; 1,000 by default. */
  readonly afterMs?: number | undefined;
}

// The last one counts; they can be taken out in any order.
const watchers: { readonly handler: (leak: Leak) => void; readonly afterMs: number }[] = [];

/**
 * Sets who is told of leaks: a scope's body has ended, and `afterMs` later its fibers still wait where they waited
 * then. Told once a scope; the scope goes on waiting. Nobody is by default: a server's scope may mean to wait. Returns
 * a function that puts the former handler back.
 */
export function onLeak(handler: (leak: Leak) => void, options: LeakOptions = {}): () => void {
  if (typeof handler !== "function") {
    throw misuse("type", "NOT_A_HANDLER", `onLeak() takes a function, got ${describe(handler)}`);
  }
  checkOptions("onLeak()", options, ["afterMs"]);
  const afterMs = options.afterMs ?? 1000;
  checkMs("onLeak() afterMs", afterMs);
  const watcher = { handler, afterMs };
  watchers.push(watcher);
  return () => {
    const at = watchers.indexOf(watcher);
    if (at >= 0) watchers.splice(at, 1);
  };
}

/** The body of the scope has ended, and fibers of it live on. */
export function bodyEnded(scope: FiberOwner): void {
  const watcher = watchers.at(-1);
  if (watcher === undefined) return;
  const { handler, afterMs } = watcher;
  const endedAt = runtime.coarseNow;
  const timer = runtime.setTimer(afterMs, () => {
    const parked: Activity[] = [];
    collect(scope, runtime.now(), parked);
    if (parked.length > 0 && parked.every(({ fiber, since }) => since <= endedAt && isParked(fiber))) {
      handler({ scope: scope.path, parked });
    }
  });
  // A report must not keep a process alive.
  (timer as { unref?: () => void }).unref?.();
}

function isParked(fiber: Fiber<unknown>): boolean {
  return (fiber as FiberOp<unknown>).parkedOn !== null;
}
