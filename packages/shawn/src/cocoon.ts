/**
 * Cocoons: supervised fibers that do what takes time, emerge acts while they do, and leave a product when they end. A
 * spec says what one does and how it lives with others of its key; it is data, and may be started often.
 */
import type { Fiber, Op, Supervisor } from "@good-place/channel";
import { type CheckedRestart, checkRestart, type RestartOptions } from "@good-place/channel/kin";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Act } from "./act.js";
import type { Cx } from "./cx.js";

export type { RestartOptions } from "@good-place/channel/kin";

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
  /**
   * Starts the body anew when it fails; `true` for once within 5,000 milliseconds, and at once. Meanwhile it is the same
   * living cocoon. `onError` gets each failure; the cocoon fails with the one that comes too often. Not at all by default.
   */
  readonly restart?: boolean | RestartOptions | undefined;
}

/** What a generator may yield as a cocoon: acts, which are confirmed before it goes on, and operations, by `yield*`. */
export type CocoonGenerator = Generator<Act | Op<unknown>, unknown, never>;

/** What an async generator may yield as a cocoon: acts. */
export type CocoonAsyncGenerator = AsyncGenerator<Act, unknown, never>;

/** The body of a cocoon. The acts that a generator yields are confirmed before it goes on; what it returns is its product. */
export type CocoonBody<E, R = unknown> = (cx: Cx<E>) => Playable<R>;

// Anything can be what a body returns, but for generators that are known to yield what is no act.
type Playable<R> =
  R extends AsyncGenerator<infer Y>
    ? unknown extends Y
      ? R
      : R & CocoonAsyncGenerator
    : R extends Generator<infer Y>
      ? unknown extends Y
        ? R
        : R & CocoonGenerator
      : R;

/** What `cocoon()` and `thread()` make, and `watch` returns. */
export interface CocoonSpec {
  readonly [cocoonBrand]: true;
  readonly key: string | undefined;
  readonly policy: CocoonPolicy;
  readonly optimistic: boolean;
  readonly restart: CheckedRestart | null;
  /** What runs; a thread is started under the supervisor, and its fiber is given. */
  readonly work:
    | { readonly tag: "body"; readonly body: (cx: Cx<never>) => unknown }
    | { readonly tag: "thread"; readonly start: (supervisor: Supervisor) => Fiber<unknown> };
}

const cocoonBrand: unique symbol = Symbol("cocoon") as never;
const POLICIES: readonly unknown[] = ["every", "latest", "leading", "queue"];
export const COCOON_OPTIONS: readonly string[] = ["key", "policy", "restart", "optimistic"];

/** Says what a cocoon does, and how it lives with others of its key. It starts when a `watch` returns it. */
export function cocoon<E, R>(body: CocoonBody<E, R>, options: CocoonOptions = {}): CocoonSpec {
  if (typeof body !== "function") {
    throw misuse("type", "NOT_A_COCOON", `cocoon() takes a function, got ${describe(body)}`);
  }
  checkOptions("cocoon()", options, COCOON_OPTIONS);
  return specOf("cocoon()", { tag: "body", body }, options);
}

/** The spec of what runs, with the options that all cocoons have. */
export function specOf(where: string, work: CocoonSpec["work"], options: CocoonOptions): CocoonSpec {
  const { key, policy = "every", restart = false, optimistic = false } = options;
  if (key !== undefined && typeof key !== "string") {
    throw misuse("type", "BAD_OPTION", `${where} key must be a string, got ${describe(key)}`);
  }
  if (!POLICIES.includes(policy)) {
    throw misuse(
      "type",
      "BAD_POLICY",
      `${where} policy must be one of ${POLICIES.join(", ")}, got ${describe(policy)}`,
    );
  }
  if (typeof optimistic !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${where} optimistic must be true or false, got ${describe(optimistic)}`);
  }
  const checked = restart === false ? null : checkRestart(`${where} restart`, restart === true ? {} : restart);
  return { [cocoonBrand]: true, key, policy, optimistic, restart: checked, work };
}

export function isCocoon(value: unknown): value is CocoonSpec {
  return typeof value === "object" && value !== null && cocoonBrand in value;
}
