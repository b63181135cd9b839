/** Options that several commands take. */
import type { Option } from "../command.js";

export const MANY: number = Number.POSITIVE_INFINITY;

export const FILTER =
  "FILTER: client:acme project:site task:header tag:css state:active since:mon until:yesterday note:/call/, or a part of the handle; client:-acme for all others";
export const PERIOD = "PERIOD: today, yesterday, week, lastmonth, 2026-10, 2026-W41, q3, A..B";

type Options = Readonly<Record<string, Option>>;

export const AT: Options = { at: { value: "TIME", about: "when, if not now: -15m, 9:15, yesterday 17:00" } };
export const CREATE: Options = {
  create: { about: "exactly this name, though it is nearly or the beginning of another" },
};
export const CLASH: Options = {
  trim: { about: "cuts intervals that are in the way" },
  replace: { about: "cuts them, and removes those that are covered whole" },
};
export const DRY: Options = { "dry-run": { about: "tells what would be done, and writes nothing" } };
export const REV: Options = {
  rev: { value: "N", about: "only if nobody has changed it since; --json shows the number" },
};
export const UNBILLED: Options = { unbilled: { about: "only what has a price and is on no invoice yet" } };
