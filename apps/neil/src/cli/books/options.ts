/**
 * What the commands of the books have in common: a period and filters among the words, and options that several take.
 */
import { nearest } from "@good-place/channel/misuse";
import { entryFilter } from "../../report/filter.js";
import type { Here } from "../../time/calendar.js";
import { type Period, parsePeriod } from "../../time/period.js";
import type { Command } from "../command.js";
import { usage } from "../parse.js";

/** A first word that is no filter is the period; the others are filters. Throws BAD_PERIOD and BAD_FILTER. */
export function periodAndFilter(
  words: readonly string[],
  here: Here,
  otherwise: string,
): { readonly period: Period; readonly filter: readonly string[] } {
  const [first, ...others] = words;
  const named = first !== undefined && !first.includes(":");
  const filter = named ? others : words;
  entryFilter(filter);
  return { period: parsePeriod(named ? first : otherwise, here), filter };
}

/** One of some words; the nearest is named where it is none of them. */
export function choice<T extends string>(command: Command, what: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  const near = nearest(text, known);
  throw usage(command, `${what} takes ${known.join(", ")}; got "${text}"${near ? `, did you mean "${near}"?` : ""}`);
}
