/**
 * How times and work look in the terminal and in JSON.
 */
import stringWidth from "string-width";
import type { NamedInterval } from "../domain/entries.js";
import { plainLine } from "../domain/plain-line.js";
import type { Here } from "../time/calendar.js";
import { durationText } from "../time/duration.js";
import { isZone } from "../time/zone.js";

/** Work as JSON says it: times in ISO 8601, UTC. `interval` is its id. */
export function workJson({ id, start, end, ...rest }: NamedInterval): object {
  return { interval: id, ...rest, start: iso(start), end: end === null ? null : iso(end) };
}

/** "acme/site/header +css (fix the menu)" */
export function workText({ handle, tags, note }: Pick<NamedInterval, "handle" | "tags" | "note">): string {
  return oneLine([handle, ...tags.map((tag) => `+${tag}`), note && `(${note})`].filter(Boolean).join(" "));
}

/** "acme/site/header (fix the menu) stopped after 1h30" */
export function stoppedText(work: NamedInterval & { readonly ms: number }): string {
  return `${workText(work)} stopped after ${durationText(work.ms)}`;
}

/** "09:00-10:30  1h30  acme/site/header +css (fix the menu)", with the date where it is not today's, and its invoice. */
export function spanText(work: NamedInterval, here: Here): string {
  return spanTexts([work], here).join("");
}

/** The same of several, whose times stand under each other. */
export function spanTexts(works: readonly NamedInterval[], here: Here): string[] {
  const spans = works.map(({ start, end }) => {
    return `${timeText(start, here)}-${end === null ? "now" : clockText(end, here)}`;
  });
  const width = spans.reduce((most, span) => Math.max(most, span.length), 0);
  return works.map((work, at) => {
    const ms = Math.max(0, (work.end ?? here.now) - work.start);
    const billed = work.invoice === undefined ? "" : `  on ${oneLine(work.invoice)}`;
    return `${spans[at]?.padEnd(width)}  ${durationText(ms).padStart(5)}  ${workText(work)}${billed}`;
  });
}

/** "14:32", with the date where it is not today's. */
export function timeText(at: number, { now, zone }: Here): string {
  const date = dateText(at, zone);
  return date === todayText(now, zone) ? clockText(at, { zone }) : `${date} ${clockText(at, { zone })}`;
}

// It is asked for with every time that is shown.
let today = { now: Number.NaN, zone: "", text: "" };

function todayText(now: number, zone: string): string {
  if (now !== today.now || zone !== today.zone) today = { now, zone, text: dateText(now, zone) };
  return today.text;
}

export function dateText(at: number, zone: string): string {
  return clocks(zone).date.format(at);
}

function clockText(at: number, { zone }: Pick<Here, "zone">): string {
  return clocks(zone).time.format(at);
}

interface Clocks {
  readonly date: Intl.DateTimeFormat;
  readonly time: Intl.DateTimeFormat;
}

// To make one takes longer than to write a hundred times with it.
const known = new Map<string, Clocks>();

function clocks(timeZone: string): Clocks {
  const clocks = known.get(timeZone) ?? {
    date: new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }),
    time: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }),
  };
  known.set(timeZone, clocks);
  return clocks;
}

/** The zone of this machine. Some settings of TZ have no name, or one that is no zone's. */
export function timeZone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
  return timeZone !== undefined && isZone(timeZone) ? timeZone : "UTC";
}

let quiet = false;
let out = (text: string): void => void process.stdout.write(text);

/** From now on what is said goes there, until it is disposed of: somebody else has the terminal. */
export function saidTo(other: (text: string) => void): Disposable {
  const before = out;
  out = other;
  return {
    [Symbol.dispose]() {
      out = before;
    },
  };
}

/** From now on nothing is said: neither answers nor notices. Errors are. */
export function beQuiet(): void {
  quiet = true;
}

export function print(json: boolean, data: object, text: string): void {
  say(json ? JSON.stringify(data) : text);
}

/** Says a line, or several: all that commands answer goes through here. */
export function say(text: string): void {
  sayExactly(`${text}\n`);
}

/** The same without an end of the line. */
export function sayExactly(text: string): void {
  if (!quiet) out(text);
}

/** Rows whose cells stand under each other. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cellsOf(cell)));
  const widths = (rows[0] ?? []).map((_, at) => cells.reduce((most, row) => Math.max(most, row[at] ?? 0), 0));
  const padded = (cell: string, at: number): string => cell + " ".repeat((widths[at] ?? 0) - cellsOf(cell));
  return rows.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}

// What is plain ASCII is measured by itself: a list may be long.
function cellsOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** A text in lines of so many cells at most, broken between words; what it begins with in spaces, each begins with. */
export function wrapped(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines = [""];
  for (const word of text.slice(indent.length).split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && indent.length + cellsOf(line) + 1 + cellsOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => indent + line);
}

/** Says something that is no part of the answer. */
export function notice(text: string): void {
  if (!quiet) console.error(`neil: ${oneLine(text)}`);
}

/** What came from outside stays one line, and steers no terminal. */
export function oneLine(text: string): string {
  return plainLine(text);
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
