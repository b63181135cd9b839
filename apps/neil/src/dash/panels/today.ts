/** Today: a strip of its hours, its intervals in their order with the gaps between them, and what is asked about absences. */
import { dateText, workText } from "../../cli/print.js";
import type { NamedInterval } from "../../domain/entries.js";
import { dateAt, dayBegins } from "../../time/calendar.js";
import { durationText } from "../../time/duration.js";
import { type Line, STYLE } from "../screen/frame.js";
import { type Books, type Dash, hereOf } from "../state.js";
import { clockOf, endOf, type Panel, type Row, spanOf } from "./panel.js";

const HOUR = 3_600_000;
// What is shorter is a pause for breath.
const GAP_MS = 60_000;
// As long as a day's work and its pauses: an early hour does not fill the strip.
const STRIP_HOURS = 10;

interface Piece {
  readonly entry: NamedInterval;
  readonly start: number;
  readonly end: number;
}

/** The intervals of today, cut where it begins. */
function pieces(dash: Dash, { entries }: Books): Piece[] {
  const here = hereOf(dash);
  const begin = dayBegins(dateAt(here.now, here), here);
  return entries
    .map((entry) => ({ entry, start: Math.max(begin, entry.start), end: endOf(entry, here.now) }))
    .filter(({ start, end, entry }) => end > begin && (end > start || entry.end === null));
}

export function workedToday(dash: Dash, books: Books): number {
  return pieces(dash, books).reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
}

export const today: Panel = {
  name: "today",
  label: "Today",
  empty: "nothing yet: s starts a task",
  first: "bottom",
  title: (dash, books) => `Today ${durationText(workedToday(dash, books))} of ${durationText(books.targetMs)}`,
  head: strip,
  rows(dash, books) {
    const rows: Row[] = [];
    const all = pieces(dash, books);
    for (const [index, piece] of all.entries()) {
      const before = all[index - 1];
      if (before !== undefined && piece.start - before.end >= GAP_MS) rows.push(gap(dash, before.end, piece.start));
      rows.push(interval(dash, piece));
    }
    const last = all[all.length - 1];
    if (last !== undefined && last.entry.end !== null && dash.now - last.end >= GAP_MS)
      rows.push(gap(dash, last.end, dash.now));
    return [...rows, ...absences(dash, books)];
  },
};

function interval(dash: Dash, { entry, start, end }: Piece): Row {
  const { handle, tags, note } = entry;
  const running = entry.end === null;
  const style = running ? STYLE.green | STYLE.bold : STYLE.plain;
  const words = tags.map((tag) => ` +${tag}`).join("") + (note === "" ? "" : ` ${note}`);
  return {
    key: entry.id,
    left: [`${spanOf(entry, dash)}${running ? "  " : ""} `, [handle, style], [words, STYLE.dim]],
    right: [[`${durationText(Math.max(0, end - start))}${running ? " >" : ""}`, style]],
    subject: { tag: "interval", entry },
    detail: detailOf(entry, dash),
  };
}

export function detailOf(entry: NamedInterval, dash: Dash): string[] {
  const { zone } = hereOf(dash);
  const { start, note, tags, billable, source, id } = entry;
  return [
    workText({ ...entry, tags: [], note: "" }),
    `${dateText(start, zone)} ${spanOf(entry, dash)}, ${durationText(endOf(entry, dash.now) - start)}`,
    ...(tags.length === 0 ? [] : [tags.map((tag) => `+${tag}`).join(" ")]),
    ...(note === "" ? [] : [note]),
    `${billable ? "billable" : "not billed"}; by ${source === "timer" ? "the timer" : source === "typed" ? "hand" : "an import"}; entered in ${entry.zone}`,
    `id ${id}`,
  ];
}

// An open gap grows by the second, so it is known by where it begins.
function gap(dash: Dash, start: number, end: number): Row {
  const { zone } = hereOf(dash);
  return {
    key: `gap ${start}`,
    left: [[`${clockOf(start, zone)}-${clockOf(end, zone)} gap, f fills it`, STYLE.dim]],
    right: [[durationText(end - start), STYLE.dim]],
    subject: { tag: "gap", start, end },
    detail: [`nothing from ${clockOf(start, zone)} to ${clockOf(end, zone)}`, "f makes it work on a task"],
  };
}

function absences(dash: Dash, { status, entries }: Books): Row[] {
  const { zone } = hereOf(dash);
  return status.away.map((away) => {
    const { from, to, id } = away;
    const handle = entries.find((entry) => entry.id === away.interval)?.handle ?? "";
    return {
      key: `away ${id}`,
      left: [[`? away ${clockOf(from, zone)}-${clockOf(to, zone)} Enter decides`, STYLE.yellow | STYLE.bold]],
      right: [[durationText(to - from), STYLE.yellow | STYLE.bold]],
      subject: { tag: "away", away, handle },
      detail: [],
    };
  });
}

function strip(dash: Dash, books: Books, width: number): Line[] {
  if (width === 0) return [];
  const { zone, now } = hereOf(dash);
  const all = pieces(dash, books);
  const begin = Math.floor((all[0]?.start ?? now) / HOUR) * HOUR;
  const hours = Math.max(STRIP_HOURS, Math.ceil((now + 1 - begin) / HOUR));
  const step = (hours * HOUR) / width;
  let labels = "";
  for (let hour = 0; hour < hours; hour++) {
    const at = Math.round((hour * HOUR) / step);
    const label = clockOf(begin + hour * HOUR, zone).slice(0, 2);
    if (at >= labels.length + (labels === "" ? 0 : 1) && at + 2 <= width) labels = labels.padEnd(at) + label;
  }
  const away = books.status.away;
  let cells = "";
  for (let cell = 0; cell < width; cell++) {
    const [from, to] = [begin + cell * step, begin + (cell + 1) * step];
    const shared = ({ start, end }: { start: number; end: number }): number =>
      Math.min(end, to) - Math.max(start, from);
    const most = all.reduce((best, piece, index) => (shared(piece) > best.ms ? { index, ms: shared(piece) } : best), {
      index: -1,
      ms: 0,
    });
    if (away.some((each) => shared({ start: each.from, end: each.to }) > step / 2)) cells += "?";
    else if (most.ms < step / 4) cells += from < now ? "·" : " ";
    // Neighbours are told apart.
    else cells += most.index % 2 === 0 ? "█" : "▓";
  }
  return [[[labels, STYLE.dim]], [[cells, STYLE.cyan]]];
}
