/**
 * The loop that works off a server's supervisor channel: the user's rules, then the default ones; an emergence, and what
 * no rule of the user takes, goes up. trevor uses it too.
 * Invariant: one signal at a time, in order; what a rule throws costs that signal alone; no emergence is left unanswered.
 */
import {
  type Channel,
  ChannelError,
  type Emergence,
  type Fiber,
  type Signal,
  type SignalHandler,
  type Supervisor,
  supervise,
} from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { isMatching } from "ts-pattern";
import { handled } from "../answer/handled.js";

/** A ts-pattern pattern, and what works off the signals that it matches. The handler may wait: the next signal waits too. */
// biome-ignore lint/suspicious/noExplicitAny: the pattern decides what the signal is, which a pair in a list cannot say
export type Rule = readonly [pattern: unknown, handle: SignalHandler<any>];

/** A server's own reaction. `last` is true where the signal goes no further, so that nobody else can tell of it. */
export type DefaultRule = (signal: never, last: boolean) => unknown;

// The end of a fiber that went well: its close, or its answer, has said so already.
function isEnd({ tag }: Signal): boolean {
  return tag === "ok" || tag === "cancelled";
}

export interface RulesOptions {
  readonly name?: string | undefined;
  readonly rules?: readonly Rule[] | undefined;
  /** What is done about a signal that no rule has taken, by its tag, before it goes up. */
  readonly defaults: Readonly<Record<string, DefaultRule>>;
  /** Where emergences go, and what nothing takes. */
  readonly supervisor?: Supervisor | null | undefined;
  /** Looks at each signal first; answers the one to go on with, the same unless something is known of it, or null for one that says nothing new. */
  readonly see?: ((signal: Signal) => Signal | null) | undefined;
  /** Told after each signal, whatever became of it. */
  readonly worked?: ((signal: Signal) => void) | undefined;
}

/** Refuses what is not a list of pairs of a pattern and a function. */
export function checkRules(where: string, rules: unknown): void {
  if (rules === undefined) return;
  const wrong = Array.isArray(rules)
    ? rules.findIndex((rule) => !Array.isArray(rule) || rule.length !== 2 || typeof rule[1] !== "function")
    : 0;
  if (wrong === -1) return;
  throw misuse(
    "type",
    "BAD_RULES",
    `${where} option rules must be a list of [pattern, handler], got ${describe(Array.isArray(rules) ? rules[wrong] : rules)} at ${wrong}`,
  );
}

/**
 * Works off the channel until it closes. A rule that throws becomes an `error` signal of the working fiber, given to the
 * supervisor, or is reported as unhandled when there is none. An emergence goes up also when a rule has seen it; without
 * a supervisor, what no rule has settled by its end is settled with NO_SUPERVISOR.
 */
export function workOff(signals: Channel<Signal>, options: RulesOptions): Fiber<void> {
  checkOptions("workOff()", options, ["name", "rules", "defaults", "supervisor", "see", "worked"]);
  const { rules = [], defaults, supervisor: up = null, see, worked } = options;

  function* work(signal: Signal): Generator<unknown, void, never> {
    const rule = rules.find(([pattern]) => isMatching(pattern as never, signal));
    if (rule !== undefined) yield* handled(rule[1](signal));
    if (signal.tag === "emergence") return yield* goUp(signal as Emergence);
    if (rule !== undefined) return;
    const react = Object.hasOwn(defaults, signal.tag) ? defaults[signal.tag] : undefined;
    if (react !== undefined) yield* handled(react(signal as never, up === null));
    if (up !== null && !isEnd(signal)) yield* up.give(signal);
  }

  function* goUp(signal: Emergence): Generator<unknown, void, never> {
    if (up === null) {
      signal.settle?.(
        new ChannelError("NO_SUPERVISOR", "the server has no supervisor that could confirm acts: pass `supervisor`"),
      );
    } else if (!(yield* up.give(signal))) {
      signal.settle?.(
        new ChannelError("SUPERVISOR_CLOSED", "the server's supervisor is closed: the acts were not confirmed"),
      );
    }
  }

  function* ruled(given: Signal, signal: Signal): Generator<unknown, void, never> {
    try {
      yield* work(signal);
    } catch (error) {
      if (signal.tag === "emergence") (signal as Emergence).settle?.(error);
      if (up === null || !(yield* up.give({ tag: "error", fiber, error }))) throw error;
    } finally {
      worked?.(given);
    }
  }

  // Does nothing when a fiber ends well.
  const idle = rules.length === 0 && !("ok" in defaults) && !("cancelled" in defaults);
  const fiber: Fiber<void> = supervise(
    signals,
    (given) => {
      const signal = see === undefined ? given : see(given);
      // One comes of every handler that is a fiber.
      if (signal === null || (idle && isEnd(signal))) worked?.(given);
      else return ruled(given, signal);
    },
    { name: options.name ?? "rules", supervisor: null },
  );
  return fiber;
}
