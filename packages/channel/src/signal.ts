/**
 * Signals: what a supervisor channel carries. `tag` is the one discriminant; a fiber's life-cycle signals come from
 * the runtime, all others from the code that runs in the fiber.
 */
import type { Channel } from "./channel-face.js";
import { ChannelError } from "./errors.js";
import type { Fiber } from "./fiber-face.js";

/** What a supervised fiber reports of itself. */
export type LifeSignal =
  | { readonly tag: "ok"; readonly fiber: Fiber<unknown>; readonly value: unknown }
  | { readonly tag: "error"; readonly fiber: Fiber<unknown>; readonly error: unknown }
  | { readonly tag: "cancelled"; readonly fiber: Fiber<unknown>; readonly reason: unknown }
  | { readonly tag: "yield"; readonly fiber: Fiber<unknown>; readonly value: unknown };

/** A request to whoever keeps the state: confirm these acts, then answer by `settle`. */
export interface Emergence {
  readonly tag: "emergence";
  readonly acts: readonly unknown[];
  readonly fiber?: Fiber<unknown> | undefined;
  /** The id of the act that these follow from, where they follow from one. */
  readonly cause?: string | undefined;
  /** Who asks, in the words of the program: a user, a client. */
  readonly by?: string | undefined;
  /** Called once with nothing when the acts are confirmed, or with the refusal. Absent where nobody waits. */
  readonly settle?: ((error?: unknown) => void) | undefined;
}

export function isEmergence(value: unknown): value is Emergence {
  return typeof value === "object" && value !== null && (value as { tag?: unknown }).tag === "emergence";
}

/** What an emergence fails with when nobody will take it. */
export function dropped(): ChannelError {
  return new ChannelError(
    "SUPERVISOR_CLOSED",
    "emergence: the supervisor channel is closed, the acts were not confirmed",
  );
}

/** Any signal: something with a tag. */
export interface Signal {
  readonly tag: string;
  readonly fiber?: Fiber<unknown> | undefined;
}

/** A supervisor is a channel of signals. */
// biome-ignore lint/suspicious/noExplicitAny: a channel is invariant in its item, and every server adds signals of its own
export type Supervisor = Channel<any>;
