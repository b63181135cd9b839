/**
 * What a restarting supervisor tells on the channel of its spec. Events are forced: they never wait and never get lost,
 * whatever the channel's capacity. Their tags are none of a fiber's own signals, so both can share a channel.
 */
import type { Fiber } from "../fiber-face.js";

interface About {
  /** The path of the supervisor. */
  readonly supervisor: string;
  /** The name of the child. */
  readonly child: string;
  /** The fiber of the child's life that it is about. */
  readonly fiber: Fiber<unknown> | null;
  /** How often the child had been started anew by then. */
  readonly restarts: number;
  /** The time on the runtime's clock, in milliseconds. */
  readonly at: number;
}

/** A life of a child began. */
type Started = { readonly tag: "started" };
/** A child with `readyMs` said that it is ready. */
type Ready = { readonly tag: "ready" };
/** A child ended by itself, or failed to start. `errors` are the further ones of the fibers that it had started. */
type Ended =
  | { readonly tag: "ended"; readonly status: "ok" }
  | { readonly tag: "ended"; readonly status: "cancelled"; readonly reason: unknown }
  | { readonly tag: "ended"; readonly status: "error"; readonly error: unknown; readonly errors: readonly unknown[] };
/** A child will be started anew, with those that its strategy takes along, after `delayMs`. */
type Restarting = { readonly tag: "restarting"; readonly delayMs: number; readonly error: unknown };
/** The supervisor stopped a child. `errors` are what its `finally` blocks threw; empty where all went well. */
type Stopped = { readonly tag: "stopped"; readonly reason: unknown; readonly errors: readonly unknown[] };
/** A child had not stopped after its `shutdownMs` and was left behind. */
type Abandoned = { readonly tag: "abandoned"; readonly shutdownMs: number };
/** The failure of a child was one too many: the tree stops, and fails with it. */
type Escalated = { readonly tag: "escalated"; readonly error: unknown };

/** What happened, by its tag. */
export type SupervisorNews = Started | Ready | Ended | Restarting | Stopped | Abandoned | Escalated;

/** What happened to a child of a restarting supervisor. */
export type SupervisorEvent = About & SupervisorNews;
