/**
 * A page for people: sums by project, a bar for each day, and every interval. One file without scripts, that can be
 * printed, is dark where its reader is, and says in words what its bars show.
 */
import type { Entry } from "../report/entry.js";
import { moneyText } from "../report/money.js";
import { timeText } from "../report/text.js";
import { type Report, report, type Total } from "../report/totals.js";
import { clockText } from "../report/wall.js";
import { handleOf, type Occasion } from "./write.js";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0 }
caption { text-align: left; font-weight: bold; font-size: 1.2rem }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentcolor 25%, transparent) }
.n { text-align: right; font-variant-numeric: tabular-nums }
svg { display: block; width: 100%; height: .9rem } rect { fill: #2a6fb8 }
@media (prefers-color-scheme: dark) { rect { fill: #6fb1f2 } }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }`;

export function* html(entries: readonly Entry[], occasion: Occasion): Generator<string> {
  const { now, zone, dayStart, rates, title } = occasion;
  const of = (by: "project" | "day"): Report =>
    report(entries, { from: 0, to: Number.POSITIVE_INFINITY, now, zone, dayStart, by: [by], rates });
  const [projects, days] = [of("project"), of("day")];
  const money = Object.keys(projects.money).length > 0;
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Time worked: ${escaped(title)}</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}
</style></head><body><main>
<h1>Time worked: ${escaped(title)}</h1>
<p>${timeText(projects.ms)} hours in ${count(projects.intervals, "interval")}${money ? `, ${escaped(moneyText(projects.money))}` : ""}; days of ${escaped(zone)}.</p>
`;
  yield table(
    "By project",
    ["Project", "Hours", ...(money ? ["Money"] : [])],
    [
      ...projects.totals.map((total) => [
        total.keys[0] ?? "",
        timeText(total.ms),
        ...(money ? [moneyText(total.money)] : []),
      ]),
      ["Sum", timeText(projects.ms), ...(money ? [moneyText(projects.money)] : [])],
    ],
  );
  yield dayTable(days.totals);
  yield table(
    "Intervals",
    ["Date", "From", "To", "Task", "Note", "Hours"],
    entries.map((entry) => rowOf(entry, occasion)),
  );
  yield "</main></body></html>\n";
}

function dayTable(totals: readonly Total[]): string {
  const longest = Math.max(...totals.map(({ ms }) => ms), 1);
  const rows = totals.map(({ keys, ms }) => {
    const width = ((ms / longest) * 100).toFixed(2);
    const bar = `<svg aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none"><rect width="${width}" height="10"/></svg>`;
    return `<tr><th scope="row">${escaped(keys[0] ?? "")}</th><td class="n">${timeText(ms)}</td><td>${bar}</td></tr>\n`;
  });
  const head = `<thead><tr><th scope="col">Day</th><th scope="col" class="n">Hours</th><td style="width:60%"></td></tr></thead>`;
  return `<table><caption>By day</caption>${head}<tbody>\n${rows.join("")}</tbody></table>\n`;
}

const NUMBERS = new Set(["Hours", "Money"]);

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const attribute = (index: number): string => (NUMBERS.has(head[index] ?? "") ? ' class="n"' : "");
  const heads = head.map((name, index) => `<th scope="col"${attribute(index)}>${name}</th>`).join("");
  const body = rows.map((row) => {
    const [first = "", ...others] = row.map(escaped);
    const cells = others.map((text, index) => `<td${attribute(index + 1)}>${text}</td>`).join("");
    return `<tr><th scope="row">${first}</th>${cells}</tr>\n`;
  });
  return `<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>\n${body.join("")}</tbody></table>\n`;
}

function rowOf(entry: Entry, { wall, now }: Occasion): string[] {
  const { start, end, note, tags } = entry;
  const from = wall.shows(start);
  const to = end === null ? undefined : wall.shows(end);
  const until = to === undefined ? "now" : `${to.date === from.date ? "" : `${to.date} `}${clockText(to.ms, false)}`;
  const words = [note, ...tags.map((tag) => `+${tag}`)].filter(Boolean).join(" ");
  return [from.date, clockText(from.ms, false), until, handleOf(entry), words, timeText((end ?? now) - start)];
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** As text in a page, also within quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
