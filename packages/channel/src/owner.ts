/**
 * Owners: whom fibers and scopes belong to. A scope is one; `root` has those that belong to no scope.
 */
import type { CancelledError } from "./errors.js";
import type { FiberOp } from "./fiber.js";
import { runtime } from "./internal/runtime.js";
import { unhandled } from "./unhandled.js";

/** What an owner has: the fibers that it started, and the scopes in them. */
export type Member = FiberOp<unknown> | FiberOwner;

/** Who a fiber belongs to: it is told of the end, and decides what an error means. */
export interface FiberOwner {
  readonly path: string;
  readonly outer?: FiberOwner | undefined;
  /** In the order of their start; whoever has ended is out. */
  readonly members: Set<Member>;
  /** The fiber that stands for its owner, and so has its path. */
  readonly lead?: FiberOp<unknown>;
  adopt(fiber: FiberOp<unknown>): void;
  ready?(fiber: FiberOp<unknown>): void;
  /** Ends what a cancel did not end. */
  abandon?(): void;
  ended(fiber: FiberOp<unknown>): void;
  /** A scope was opened in it; it does not end before that has settled. */
  opened(scope: FiberOwner): void;
  settled(scope: FiberOwner): void;
  /** Does it keep its owner open? */
  readonly background?: boolean;
  /** Its own owner was stopped. */
  outerStopped?(cancel: CancelledError): void;
}

/** Fibers that belong to no scope. A failing one is reported, unless somebody awaits it. */
class Root implements FiberOwner {
  readonly path = "";
  readonly #members = new Set<Member>();

  get members(): Set<Member> {
    return this.#members;
  }

  adopt(fiber: FiberOp<unknown>): void {
    this.#members.add(fiber);
  }

  opened(scope: FiberOwner): void {
    this.#members.add(scope);
  }

  settled(scope: FiberOwner): void {
    this.#members.delete(scope);
  }

  ended(fiber: FiberOp<unknown>): void {
    this.#members.delete(fiber);
    if (fiber.status !== "error" || fiber.consumed || fiber.observed) return;
    // Whoever started it may come to await it still in this turn of the host.
    runtime.later(() => {
      if (!fiber.observed) unhandled(fiber.value, fiber.path);
    });
  }
}

export const root: FiberOwner = new Root();
