/**
 * What a writer of another program's format gets and gives: intervals by their start in, pieces of text out. Writers are
 * pure. What a format cannot say at all is refused, never written wrong.
 */
import { NeilError } from "../errors.js";
import type { Entry } from "../report/entry.js";
import type { Rate } from "../report/rates.js";
import type { Wall, WallTime } from "../report/wall.js";

export interface Occasion {
  readonly zone: string;
  readonly wall: Wall;
  readonly now: number;
  readonly dayStart?: number | undefined;
  /** The period, in the words of whoever asked. */
  readonly title: string;
  readonly rates: readonly Rate[];
}

export type Writer = (entries: readonly Entry[], occasion: Occasion) => Iterable<string>;

/**
 * What the clock shows, for a format that knows no zone. Throws AMBIGUOUS_TIME for the second of two instants at which it
 * shows the same, in autumn: whoever reads it would take it for the first.
 */
export function wallTime(at: number, { wall, zone }: Occasion): WallTime {
  const shown = wall.shows(at);
  if (wall.instant(shown.date, shown.ms) === at) return shown;
  throw new NeilError(
    "AMBIGUOUS_TIME",
    `on ${shown.date} the clock of ${zone} shows ${new Date(at).toISOString()} as a time that it had shown before`,
  );
}

/** "2026-10-25T02:30:00+01:00" */
export function isoAt(at: number, wall: Wall): string {
  const { date, ms } = wall.shows(at);
  const offset = Math.round((Date.parse(`${date}T00:00Z`) + ms - at) / 60_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${date}T${new Date(ms).toISOString().slice(11, 19)}${zone}`;
}

/** "20261025T013000Z" */
export function utcText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

export function handleOf({ client, project, task }: Entry): string {
  return `${client}/${project}/${task}`;
}
