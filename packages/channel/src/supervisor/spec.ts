/**
 * What a restarting supervisor is told: a spec is data, and is checked here before anything starts. The check takes a copy
 * and fills in OTP's defaults; a wrong field is a TypeError or RangeError that names the child and the field.
 */

import { isChannel } from "../channel-face.js";
import { checkOptions, describe, misuse, quote, suggestion } from "../errors.js";
import type { Body } from "../fiber-face.js";
import type { Supervisor } from "../signal.js";
import { checkMs } from "../time.js";
import { type Backoff, type CheckedBackoff, checkBackoff } from "./backoff.js";

/** At most `restarts` within `withinMs` milliseconds, a sliding window; 1 within 5,000 by default. */
export interface Intensity {
  /** Infinity for a tree that never gives up. */
  readonly restarts?: number | undefined;
  readonly withinMs?: number | undefined;
}

export interface ChildSpec {
  /** Tells the child from its siblings. */
  readonly name: string;
  /** The body of each life of the child. It gets its fiber; fibers that it starts belong to that life, and end with it. */
  readonly start: Body<unknown>;
  /** When it is started anew: always (permanent, the default), after an error (transient), or never (temporary). */
  readonly restart?: "permanent" | "transient" | "temporary" | undefined;
  /** How long a cancelled child may take to end before it is abandoned; 5,000 by default, Infinity for a nested supervisor. */
  readonly shutdownMs?: number | undefined;
  /** Waits so long for `fiber.ready()` before the next child starts. Without it a child is ready once it has been started. */
  readonly readyMs?: number | undefined;
  /** Waits before the child is started anew; at once by default. */
  readonly backoff?: Backoff | undefined;
  /** Its end counts for `autoShutdown`; false by default. */
  readonly significant?: boolean | undefined;
}

export interface SupervisorSpec {
  /** Names the tree in paths and reports; "supervisor" by default. */
  readonly name?: string | undefined;
  /** Who is restarted with a failed child: nobody (the default), all, or those after it in the list. */
  readonly strategy?: "one-for-one" | "one-for-all" | "rest-for-one" | undefined;
  readonly intensity?: Intensity | undefined;
  /**
   * When the tree ends although nothing has failed: "all" when the last child has ended by itself, "any-significant" or
   * "all-significant" already when one or all of the significant ones have, "never" only when it is cancelled. The default
   * is "all" for a tree with children, "never" for an empty list.
   */
  readonly autoShutdown?: "never" | "all" | "any-significant" | "all-significant" | undefined;
  /** In the order in which they start; they stop in the reverse order. */
  readonly children: readonly ChildSpec[];
  /** Gets a SupervisorEvent for whatever happens in the tree. */
  readonly events?: Supervisor | undefined;
}

export interface CheckedChild {
  readonly name: string;
  readonly start: Body<unknown>;
  readonly restart: "permanent" | "transient" | "temporary";
  /** Null where the spec does not say. */
  readonly shutdownMs: number | null;
  readonly readyMs: number | null;
  readonly backoff: CheckedBackoff | null;
  readonly significant: boolean;
}

export interface CheckedSpec {
  readonly name: string;
  readonly strategy: "one-for-one" | "one-for-all" | "rest-for-one";
  readonly restarts: number;
  readonly withinMs: number;
  readonly autoShutdown: "never" | "all" | "any-significant" | "all-significant";
  readonly children: readonly CheckedChild[];
  readonly events: Supervisor | null;
}

const RESTARTS = ["permanent", "transient", "temporary"] as const;
const STRATEGIES = ["one-for-one", "one-for-all", "rest-for-one"] as const;
const SHUTDOWNS = ["never", "all", "any-significant", "all-significant"] as const;

/** Checks the spec of a tree and of all its children. */
export function checkSpec(spec: SupervisorSpec): CheckedSpec {
  checkOptions("supervisor()", spec, ["name", "strategy", "intensity", "autoShutdown", "children", "events"]);
  const { name = "supervisor", strategy = "one-for-one", intensity = {}, children, events } = spec;
  checkName("supervisor() name", name);
  oneOf("supervisor() strategy", strategy, STRATEGIES);
  checkOptions("supervisor() intensity", intensity, ["restarts", "withinMs"]);
  if (!Array.isArray(children)) {
    throw misuse(
      "type",
      "BAD_OPTION",
      `supervisor() children must be an array, empty for none, got ${describe(children)}`,
    );
  }
  const { autoShutdown = children.length === 0 ? "never" : "all" } = spec;
  oneOf("supervisor() autoShutdown", autoShutdown, SHUTDOWNS);
  if (events !== undefined && !isChannel(events)) {
    throw misuse("type", "BAD_OPTION", `supervisor() events must be a channel, got ${describe(events)}`);
  }
  const names = new Set<string>();
  const checked = children.map((given: ChildSpec, index) => {
    const child = checkChild(`supervisor() children[${index}]`, given, autoShutdown);
    if (names.has(child.name)) {
      throw misuse("range", "DUPLICATE_CHILD", `supervisor() has two children named ${quote(child.name)}: rename one`);
    }
    names.add(child.name);
    return child;
  });
  return {
    name,
    strategy,
    ...checkIntensity("supervisor() intensity", intensity),
    autoShutdown,
    children: checked,
    events: events ?? null,
  };
}

/** Checks the spec of one child, which is to be in a tree with this `autoShutdown`. */
export function checkChild(where: string, spec: ChildSpec, autoShutdown: CheckedSpec["autoShutdown"]): CheckedChild {
  checkOptions(where, spec, ["name", "start", "restart", "shutdownMs", "readyMs", "backoff", "significant"]);
  const { name, start, restart = "permanent", shutdownMs, readyMs, backoff, significant = false } = spec;
  checkName(`${where} name`, name);
  const child = `child ${quote(name)}`;
  if (typeof start !== "function") {
    throw misuse(
      "type",
      "NOT_A_BODY",
      `${child}: start is a generator, async or plain function, got ${describe(start)}`,
    );
  }
  oneOf(`${child}: restart`, restart, RESTARTS);
  for (const [field, ms] of Object.entries({ shutdownMs, readyMs })) {
    if (ms !== undefined && ms !== Number.POSITIVE_INFINITY) checkMs(`${child}: ${field}`, ms);
  }
  if (typeof significant !== "boolean") {
    throw misuse("type", "BAD_OPTION", `${child}: significant must be true or false, got ${describe(significant)}`);
  }
  if (significant && (restart === "permanent" || !autoShutdown.endsWith("significant"))) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `${child}: significant goes with a transient or temporary child in a tree whose autoShutdown is any-significant ` +
        `or all-significant, got restart ${restart} and autoShutdown ${autoShutdown}`,
    );
  }
  return {
    name,
    start,
    restart,
    shutdownMs: shutdownMs ?? null,
    readyMs: readyMs ?? null,
    backoff: backoff === undefined ? null : checkBackoff(`${child}: backoff`, backoff),
    significant,
  };
}

/** Refuses what is no intensity, and fills in the defaults. */
export function checkIntensity(
  where: string,
  { restarts = 1, withinMs = 5000 }: Intensity,
): { restarts: number; withinMs: number } {
  if (restarts !== Number.POSITIVE_INFINITY && !(Number.isInteger(restarts) && restarts >= 0)) {
    throw misuse(
      "range",
      "BAD_OPTION",
      `${where}.restarts must be an integer >= 0 or Infinity, got ${describe(restarts)}`,
    );
  }
  if (!(typeof withinMs === "number" && withinMs > 0)) {
    throw misuse("range", "BAD_TIME", `${where}.withinMs must be > 0, got ${describe(withinMs)}`);
  }
  return { restarts, withinMs };
}

function checkName(where: string, name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  throw misuse("type", "BAD_OPTION", `${where} must be a string that is not empty, got ${describe(name)}`);
}

function oneOf(where: string, word: unknown, known: readonly string[]): void {
  if (known.includes(word as string)) return;
  const near = typeof word === "string" ? suggestion(word, known) : `; there are ${known.join(", ")}`;
  throw misuse("type", "BAD_OPTION", `${where} cannot be ${describe(word)}${near}`);
}
