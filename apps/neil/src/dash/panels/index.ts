/** The panels, in the order of their numbers; and which row of one is chosen. */
import { type Dash, PANELS, type PanelName } from "../state.js";
import { budgets } from "./budgets.js";
import type { Panel, Row } from "./panel.js";
import { tasks } from "./tasks.js";
import { today } from "./today.js";
import { week } from "./week.js";

const all: Readonly<Record<PanelName, Panel>> = { today, tasks, week, budgets };
export const panels: readonly Panel[] = PANELS.map((name) => all[name]);

export interface Chosen {
  readonly rows: readonly Row[];
  readonly index: number;
  readonly row: Row | undefined;
}

/** The rows of a panel, and the chosen one: it stays the same however the others move. */
export function chosen(dash: Dash, name: PanelName, width = 40): Chosen {
  const panel = all[name];
  const rows = dash.books === null ? [] : panel.rows(dash, dash.books, width);
  const { key, place } = dash.cursors[name];
  const last = Math.max(0, rows.length - 1);
  const found = rows.findIndex((row) => row.key === key);
  const index = found >= 0 ? found : key !== null ? Math.min(place, last) : panel.first === "top" ? 0 : last;
  return { rows, index, row: rows[index] };
}
