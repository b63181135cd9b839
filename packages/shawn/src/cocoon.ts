/**
 * Cocoons: supervised fibers that do what takes time, emerge acts while they do, and leave a product when they end.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Act } from "./act.js";
import type { Cx } from "./cx.js";

/** What happens when a cocoon is started while one of its key lives. */
export type CocoonPolicy = "every" | "latest" | "leading" | "queue";

export interface CocoonOptions {
  /** Cocoons of one key know of each other; the act's name by default. */
  readonly key?: string | undefined;
  /** every: both live. latest: the living one is cancelled. leading: the new one is not started. queue: it waits. */
  readonly policy?: CocoonPolicy | undefined;
  /**
   * The act that starts the cocoon counts at once, and for good when the cocoon ends well. When it fails or is cancelled
   * the act is rolled back: the updates of later acts run again without it, and one that throws is out, too, and reported
   * in phase "update". Snoops, cocoons and acts that came of it stay. Until then neither the act nor what comes after
   * it is durable, and their effects wait. False by default; OPTIMISTIC_TOO_LATE when a promise brings the cocoon.
   */
  readonly optimistic?: boolean | undefined;
}

/** The body of a cocoon. The acts that a generator yields are confirmed before it goes on; what it returns is its product. */
// biome-ignore lint/suspicious/noExplicitAny: the envelope of a cocoon that stands apart from an act is its author's to say
export type CocoonBody<E = any> = (
  cx: Cx<E>,
) => Generator<unknown, unknown, never> | AsyncGenerator<Act, unknown, never> | PromiseLike<unknown> | unknown;

/** What `cocoon()` makes and `watch` returns. */
export interface CocoonSpec {
  readonly [cocoonBrand]: true;
  readonly body: CocoonBody;
  readonly key: string | undefined;
  readonly policy: CocoonPolicy;
  readonly optimistic: boolean;
}

const cocoonBrand: unique symbol = Symbol("cocoon") as never;
const POLICIES: readonly unknown[] = ["every", "latest", "leading", "queue"];

/** Says what a cocoon does, and how it lives with others of its key. It starts when a `watch` returns it. */
export function cocoon<E>(body: CocoonBody<E>, options: CocoonOptions = {}): CocoonSpec {
  if (typeof body !== "function") {
    throw misuse("type", "NOT_A_COCOON", `cocoon() takes a function, got ${describe(body)}`);
  }
  checkOptions("cocoon()", options, ["key", "policy", "optimistic"]);
  const { key, policy = "every", optimistic = false } = options;
  if (!POLICIES.includes(policy)) {
    throw misuse(
      "type",
      "BAD_POLICY",
      `cocoon() policy must be one of ${POLICIES.join(", ")}, got ${describe(policy)}`,
    );
  }
  if (typeof optimistic !== "boolean") {
    throw misuse("type", "BAD_OPTION", `cocoon() optimistic must be true or false, got ${describe(optimistic)}`);
  }
  return { [cocoonBrand]: true, body, key, policy, optimistic };
}

export function isCocoon(value: unknown): value is CocoonSpec {
  return typeof value === "object" && value !== null && cocoonBrand in value;
}
