/** Tasks: what runs first, then what was worked on last; those that are done at the end. */
import { nameFilter } from "../../cli/filter.js";
import { timeText } from "../../cli/print.js";
import type { Name } from "../../contract.js";
import { explain } from "../../errors.js";
import { durationText } from "../../time/duration.js";
import { STYLE } from "../screen/frame.js";
import { type Books, type Dash, hereOf } from "../state.js";
import type { Panel, Row } from "./panel.js";

/** What is wrong with a filter, or null. */
export function filterProblem(dash: Pick<Dash, "books" | "now">, text: string): string | null {
  try {
    const { work } = nameFilter(words(text), hereOf(dash));
    // The dash knows the work of this week alone.
    return work === undefined ? null : "tag:, since: and until: are asked for by :list";
  } catch (error) {
    return explain(error).message;
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

export const tasks: Panel = {
  name: "tasks",
  label: "Tasks",
  empty: "none; / filters, s starts a new one",
  first: "top",
  title: ({ filter }) => (filter === "" ? "Tasks" : `Tasks /${filter}`),
  head: () => [],
  rows(dash, books) {
    const { filter } = dash;
    const all = books.names.filter(({ kind }) => kind === "tasks");
    // What is wrong is told where it is typed; until it is right, all are shown.
    const fits = filterProblem(dash, filter) === null ? nameFilter(words(filter), hereOf(dash)).name : () => true;
    const running = books.status.running?.handle;
    const rank = ({ handle, state }: Name): number => (handle === running ? 0 : state === "active" ? 1 : 2);
    return all
      .filter(fits)
      .sort((a, b) => rank(a) - rank(b) || (b.lastAt ?? 0) - (a.lastAt ?? 0) || (a.handle < b.handle ? -1 : 1))
      .map((name) => row(dash, books, name, name.handle === running));
  },
};

function row(dash: Dash, books: Books, name: Name, running: boolean): Row {
  const { handle, state, id, note, intervals, lastAt } = name;
  // What runs has gone on since the server has told of it.
  const ms = name.ms + (running ? Math.max(0, dash.now - books.here.now) : 0);
  const style = running ? STYLE.green | STYLE.bold : state === "active" ? STYLE.plain : STYLE.dim;
  const worked = intervals === 0 ? "not yet" : durationText(ms);
  return {
    key: id,
    left: [[handle, style]],
    right: [[`${worked} ${running ? "running" : state}`, style]],
    subject: { tag: "task", name },
    detail: [
      handle,
      `${running ? "running" : state}; ${worked}${intervals === 0 ? "" : ` in ${intervals} ${intervals === 1 ? "interval" : "intervals"}`}`,
      ...(lastAt === null || running ? [] : [`last worked on until ${timeText(lastAt, hereOf(dash))}`]),
      ...(note === "" ? [] : [note]),
    ],
  };
}
