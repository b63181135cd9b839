/**
 * Rounding of worked time, as a bill wants it: `15m`, `15m:up`, `6m:nearest/interval`. It is a view of the report; what
 * was worked stays what it was.
 */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const ROUND_MODES = ["up", "nearest", "down"] as const;
/** What is rounded as one: each interval, a task's work of a day, or a task's work of the whole report. */
export const ROUND_SCOPES = ["interval", "day", "total"] as const;

export interface Rounding {
  readonly unitMs: number;
  readonly mode: (typeof ROUND_MODES)[number];
  readonly scope: (typeof ROUND_SCOPES)[number];
}

export const ROUNDING_USAGE = "like 15m, 15m:up/day or 6m:nearest/interval";

/** Undefined where the text is no rounding. Without a mode it is up, without a scope by day. */
export function parseRounding(text: string): Rounding | undefined {
  const [, amount = "", unit = "", mode = "up", scope = "day"] =
    /^(\d{1,4})(m|h|s)(?::(\w+))?(?:\/(\w+))?$/.exec(text) ?? [];
  const unitMs = Number(amount) * ({ s: 1000, m: 60_000, h: HOUR }[unit] ?? 0);
  const known = {
    mode: ROUND_MODES.find((each) => each === mode),
    scope: ROUND_SCOPES.find((each) => each === scope),
  };
  if (unitMs <= 0 || unitMs > DAY || known.mode === undefined || known.scope === undefined) return undefined;
  return { unitMs, mode: known.mode, scope: known.scope };
}

export function isRounding(text: string): boolean {
  return parseRounding(text) !== undefined;
}

/** A time rounded; the middle goes up. */
export function rounded(ms: number, { unitMs, mode }: Rounding): number {
  const rest = ms % unitMs;
  const up = mode === "up" ? rest > 0 : mode === "nearest" && rest * 2 >= unitMs;
  return ms - rest + (up ? unitMs : 0);
}
