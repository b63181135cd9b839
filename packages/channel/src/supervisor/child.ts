/**
 * The children of a restarting supervisor in the order of the list, and what it knows of each.
 * Cost: finding, adding, marking and forgetting a child is O(1), however many there are.
 */
import type { Fiber } from "../fiber-face.js";
import { runtime, type Timer } from "../internal/runtime.js";
import type { Life } from "./life.js";
import type { CheckedChild, CheckedSpec } from "./spec.js";

/** A snapshot of a child. */
export interface ChildState {
  readonly name: string;
  /** "waiting" until it is started (anew), "ended" when it is down and only a restart of its siblings starts it again. */
  readonly status: "waiting" | "starting" | "running" | "stopping" | "ended";
  /** How often it was started anew. */
  readonly restarts: number;
  /** The time of its last change of status, on the runtime's clock. */
  readonly since: number;
  /** The fiber of its life, null while it has none. */
  readonly fiber: Fiber<unknown> | null;
}

export interface Child {
  readonly spec: CheckedChild;
  life: Life | null;
  status: ChildState["status"];
  since: number;
  restarts: number;
  shutdownMs: number;
  /** Failures in a row, for the backoff. */
  failures: number;
  /** Its restart, until that begins: whatever else happens to the child meanwhile takes it away. */
  restart: { readonly timer: Timer } | null;
}

const SHUTDOWN_MS = 5000;

export class ChildList {
  readonly #children = new Map<string, Child>();
  /** How many have not ended for good. */
  live = 0;
  /** How many of those are significant. */
  significant = 0;

  get(name: string): Child | undefined {
    return this.#children.get(name);
  }

  get names(): string[] {
    return [...this.#children.keys()];
  }

  get all(): Child[] {
    return [...this.#children.values()];
  }

  add(spec: CheckedChild): Child {
    const child: Child = {
      spec,
      life: null,
      status: "ended",
      since: 0,
      restarts: 0,
      failures: 0,
      shutdownMs: spec.shutdownMs ?? SHUTDOWN_MS,
      restart: null,
    };
    this.#children.set(spec.name, child);
    this.mark(child, "waiting");
    return child;
  }

  forget(child: Child): void {
    this.mark(child, "ended");
    this.#children.delete(child.spec.name);
  }

  mark(child: Child, status: Child["status"]): void {
    const change = Number(status !== "ended") - Number(child.status !== "ended");
    this.live += change;
    if (child.spec.significant) this.significant += change;
    child.status = status;
    child.since = runtime.now();
  }

  /** Those that go down with a child and come up with it. */
  group(child: Child, strategy: CheckedSpec["strategy"]): Child[] {
    if (strategy === "one-for-one") return [child];
    const { all } = this;
    return strategy === "one-for-all" ? all : all.slice(all.indexOf(child));
  }
}

/** The snapshot of a child. */
export function stateOf({ spec, status, restarts, since, life }: Child): ChildState {
  return { name: spec.name, status, restarts, since, fiber: life?.main ?? null };
}
