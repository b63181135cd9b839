/**
 * What a panel is: a title, perhaps some lines that stand still, and rows of which one is chosen. All of it is a function of
 * the state; what a row is about decides what the keys do with it.
 */

import { timeText } from "../../cli/print.js";
import type { Name } from "../../contract.js";
import type { NamedInterval } from "../../domain/entries.js";
import type { Away } from "../../domain/office.js";
import type { Line } from "../screen/frame.js";
import { type Books, type Dash, hereOf, type PanelName } from "../state.js";

export type Subject =
  | { readonly tag: "interval"; readonly entry: NamedInterval }
  | { readonly tag: "gap"; readonly start: number; readonly end: number }
  | { readonly tag: "away"; readonly away: Away; readonly handle: string }
  | { readonly tag: "task"; readonly name: Name }
  | { readonly tag: "other" };

export interface Row {
  /** The same row has the same key, whatever becomes of it. */
  readonly key: string;
  readonly left: Line;
  /** What stands at the right edge, and is seen whole. */
  readonly right: Line;
  readonly subject: Subject;
  /** More of it, to read. */
  readonly detail: readonly string[];
}

export interface Panel {
  readonly name: PanelName;
  readonly label: string;
  title(dash: Dash, books: Books): string;
  /** Lines above the rows, which nobody chooses; with a width of 0 those that are texts. */
  head(dash: Dash, books: Books, width: number): readonly Line[];
  rows(dash: Dash, books: Books, width: number): readonly Row[];
  /** What is said where there are no rows. */
  readonly empty: string;
  /** Which row is meant before somebody has chosen. */
  readonly first: "top" | "bottom";
}

/** "09:05", whatever the day. */
export function clockOf(at: number, zone: string): string {
  return timeText(at, { now: at, zone });
}

/** Until when it goes, or has gone so far. */
export function endOf(entry: NamedInterval, now: number): number {
  return entry.end ?? Math.max(now, entry.start);
}

/** "09:00-10:30", or "09:00-now". */
export function spanOf(entry: NamedInterval, dash: Dash): string {
  const { zone } = hereOf(dash);
  return `${clockOf(entry.start, zone)}-${entry.end === null ? "now" : clockOf(entry.end, zone)}`;
}
