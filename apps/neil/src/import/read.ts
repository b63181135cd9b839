/**
 * What a reader of another program's file gives: one reading after the other, each with its place in the file, and either
 * an interval or what is wrong with it. Readers are pure: they know neither the server nor what it has.
 */
import type { Wall } from "../report/wall.js";
import type { Naming } from "./names.js";

export interface Draft {
  /** The other program's own id, where it has one. */
  readonly id?: string;
  readonly handle: string;
  readonly start: number;
  /** Null while it runs there. */
  readonly end: number | null;
  readonly note: string;
  readonly tags: readonly string[];
  readonly billable?: boolean;
  /** The zone in which it was entered there, where that is known. */
  readonly zone?: string;
}

export type Reading = {
  /** "line 3", "frame 3" */
  readonly where: string;
} & ({ readonly draft: Draft } | { readonly wrong: string });

export interface Setting {
  /** The clock that the file was written by, where it names none. */
  readonly wall: Wall;
  readonly naming: Naming;
  /** When a day's work begins that the file gives only the length of, in milliseconds after 0:00. */
  readonly dayBegins: number;
}

/** Reads a file's text. Throws NotOfFormat where it is no such file at all. */
export type Reader = (text: string, setting: Setting) => Iterable<Reading>;

/** What is wrong with a whole file: it is not of the format that was said. */
export class NotOfFormat extends Error {}

/** What is wrong with one line; `readLine` makes it a reading. */
export class Wrong extends Error {}

/** Runs what reads one line, frame or row, and catches what is wrong with it. */
export function reading(where: string, read: () => Draft): Reading {
  try {
    return { where, draft: read() };
  } catch (error) {
    if (error instanceof Wrong) return { where, wrong: error.message };
    throw error;
  }
}

/** The lines of a text with their places, however they end. */
export function* linesOf(text: string): Generator<{ readonly where: string; readonly line: string }> {
  let number = 0;
  for (const line of text.split(/\r\n|\n|\r/)) {
    number += 1;
    yield { where: `line ${number}`, line };
  }
}

const TIME = /^(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap]\.?m\.?)?$/i;

/** "9:05", "09:05:07", "9:05 pm", "24:00": milliseconds after 0:00. Throws Wrong. */
export function clockTime(text: string): number {
  const [, hours = "", minutes = "", seconds = "0", half] = TIME.exec(text.trim()) ?? [];
  const [h, m, s] = [Number(hours || "99"), Number(minutes), Number(seconds)];
  const ofHalf = half !== undefined && (h < 1 || h > 12);
  if (ofHalf || h > 24 || m > 59 || s > 59 || (h === 24 && m + s > 0)) throw new Wrong(`"${text}" is no time of a day`);
  const hour = half === undefined ? h : (h % 12) + (/^p/i.test(half) ? 12 : 0);
  return ((hour * 60 + m) * 60 + s) * 1000;
}

/** The instant at which the clock shows this. Throws Wrong where it never does. */
export function instant({ wall }: Setting, date: string, ms: number): number {
  let at: number | undefined;
  try {
    at = wall.instant(date, ms);
  } catch (error) {
    // Temporal refuses days that do not exist.
    if (!(error instanceof RangeError)) throw error;
    throw new Wrong(`there is no day ${date}`);
  }
  if (at === undefined) throw new Wrong(`the clock was set forward over this time on ${date}`);
  return at;
}
