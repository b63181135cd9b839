/** This week: a bar for each day, up to what a day is to have. */
import { workText } from "../../cli/print.js";
import { bar } from "../../report/text.js";
import { dateAt, days } from "../../time/calendar.js";
import { durationText } from "../../time/duration.js";
import { parsePeriod } from "../../time/period.js";
import { STYLE } from "../screen/frame.js";
import { type Books, type Dash, hereOf } from "../state.js";
import { endOf, type Panel } from "./panel.js";

const NAMES = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
const ROOM = "Mo  12h34 ".length;

/** What was worked on each day, and on what. */
function byDay(dash: Dash, { entries }: Books): Map<string, { ms: number; works: Map<string, number> }> {
  const here = hereOf(dash);
  const { from, to } = parsePeriod("week", here);
  const found = new Map([...days(from, to, here)].map(({ date }) => [date, { ms: 0, works: new Map() }]));
  for (const entry of entries) {
    const end = Math.min(to, endOf(entry, here.now));
    for (const { date, start, end: until } of days(Math.max(from, entry.start), end, here)) {
      const day = found.get(date);
      if (day === undefined) continue;
      day.ms += until - start;
      const work = workText({ handle: entry.handle, tags: [], note: "" });
      day.works.set(work, (day.works.get(work) ?? 0) + until - start);
    }
  }
  return found;
}

export const week: Panel = {
  name: "week",
  label: "Week",
  empty: "",
  first: "top",
  title(dash, books) {
    const sum = [...byDay(dash, books).values()].reduce((all, { ms }) => all + ms, 0);
    return `Week ${durationText(sum)}`;
  },
  head: () => [],
  rows(dash, books, width) {
    const today = dateAt(dash.now, hereOf(dash)).toString();
    return [...byDay(dash, books)].map(([date, { ms, works }]) => {
      const style = date === today ? STYLE.bold : STYLE.plain;
      const full = ms >= books.targetMs;
      return {
        key: date,
        left: [
          [`${NAMES[new Date(date).getUTCDay()]} `, style],
          [width > ROOM ? bar(ms, Math.max(books.targetMs, ms), width - ROOM) : "", full ? STYLE.green : STYLE.cyan],
        ],
        // Not by a colour alone: what is full has a mark.
        right: [[ms === 0 ? "-" : `${durationText(ms)}${full ? "*" : " "}`, style]],
        subject: { tag: "other" },
        detail: [
          `${date}: ${durationText(ms)} of ${durationText(books.targetMs)}`,
          ...[...works]
            .sort(([, a], [, b]) => b - a)
            .map(([work, time]) => `${durationText(time).padStart(6)}  ${work}`),
        ],
      };
    });
  },
};
