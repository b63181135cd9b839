/**
 * The filters of the command line. About intervals they are a period and what `report/filter.ts` reads; of clients, projects
 * and tasks some ask for the name itself, and the others for an interval that was worked on it.
 */
import type { Name } from "../contract.js";
import type { Entry } from "../report/entry.js";
import {
  badFilter,
  entryFilter,
  FILTER_KEYS,
  type FilterKeys,
  type Fits,
  filterOf,
  matcher,
  termOf,
} from "../report/filter.js";
import type { Here } from "../time/calendar.js";
import { type Period, parsePeriod } from "../time/period.js";

/** Intervals that are asked for. */
export interface IntervalFilter {
  readonly period: Period;
  /** The other words; `report/filter.ts` reads them, here or at the server. */
  readonly filter: readonly string[];
}

/** A first word that is no filter is the period, `otherwise` one without. Throws BAD_PERIOD and BAD_FILTER. */
export function periodAndFilter(words: readonly string[], here: Here, otherwise: string): IntervalFilter {
  const [first, ...others] = words;
  const named = first !== undefined && !first.includes(":");
  return within(named ? others : words, here, named ? first : undefined, otherwise);
}

/** The same where no period is said but by since: and until:. */
export function intervalFilter(words: readonly string[], here: Here): IntervalFilter {
  return within(words, here, undefined, "all");
}

function within(words: readonly string[], here: Here, named: string | undefined, otherwise: string): IntervalFilter {
  const bounds = words.filter(isBound);
  const filter = words.filter((word) => !isBound(word));
  entryFilter(filter);
  let { from, to, text } = parsePeriod(named ?? (bounds.length > 0 ? "all" : otherwise), here);
  for (const word of bounds) {
    const { key, not, value } = termOf(word);
    if (not) throw badFilter(`${key}: cannot be turned round: say ${key === "since" ? "until" : "since"}: instead`);
    const bound = parsePeriod(value, here);
    if (key === "since") from = Math.max(from, bound.from);
    else to = Math.min(to, bound.to);
  }
  if (bounds.length > 0) text = [named, ...bounds].filter(Boolean).join(" ");
  if (to > from) return { period: { from, to, text }, filter };
  throw badFilter(`"${text}" leaves no time: it ends before it begins`);
}

function isBound(word: string): boolean {
  return /^(since|until):/.test(word);
}

export interface NameFilter {
  readonly name: Fits<Name>;
  /** The interval that has to be there; undefined where none has to. */
  readonly work: { readonly period: Period; readonly fits: Fits<Entry> } | undefined;
}

const STATES = ["active", "completed", "canceled", "archived"];
const OF_WORK = ["tag", "since", "until"];

/** Reads the words about clients, projects and tasks. `only` says why their state cannot be asked for. Throws BAD_FILTER. */
export function nameFilter(words: readonly string[], here: Here, only?: string): NameFilter {
  const ofWork = words.filter((word) => OF_WORK.includes(termOf(word).key));
  const { period, filter } = intervalFilter(ofWork, here);
  return {
    name: filterOf(
      words.filter((word) => !ofWork.includes(word)),
      only === undefined ? NAME_KEYS : { ...NAME_KEYS, state: only },
    ),
    work: ofWork.length === 0 ? undefined : { period, fits: entryFilter(filter) },
  };
}

const NAME_KEYS: FilterKeys<Name> = {
  "":
    (value) =>
    ({ handle }) =>
      handle.includes(value),
  ...Object.fromEntries(
    ["client", "project", "task"].map((key, level) => [
      key,
      (value: string): Fits<Name> =>
        ({ handle }) =>
          handle.split("/")[level] === value,
    ]),
  ),
  state(value) {
    if (!STATES.includes(value)) throw badFilter(`there is no state ${value}: they are ${STATES.join(", ")}`);
    return ({ state }) => state === value;
  },
  note(value) {
    const matches = matcher(value);
    return ({ note }) => matches(note);
  },
};

/** What may stand behind a key, as far as it is known without the server. */
export function filterValues(key: string, periods: readonly string[]): readonly string[] {
  if (key === "state") return STATES;
  return key === "since" || key === "until" ? periods : [];
}

/** The keys, as a completion offers them. */
export const OFFERED: readonly string[] = FILTER_KEYS.map((key) => `${key}:`);
