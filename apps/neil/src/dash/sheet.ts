/** What lies over the panels to be read: its lines, and how far they can be scrolled. */
import { wrapped } from "../cli/print.js";
import type { Dash, Sheet } from "./state.js";

/** What the frame around it and the gaps within take of a row. */
const AROUND = 4;
/** The first row, the last one, and the frame. */
const ROWS_AROUND = 4;

/** Its lines on a screen so wide: what is longer goes on below. */
export function sheetLines({ lines, choices }: Sheet, columns: number): string[] {
  const said = choices.length === 0 ? lines : [...lines, "", ...choices.map(({ key, about }) => `${key}  ${about}`)];
  return said.flatMap((line) => wrapped(line, columns - AROUND));
}

/** The first line that is shown when it is scrolled by so many: no further than to its end. */
export function scrolled({ size, link }: Dash, sheet: Sheet, by: number): number {
  const room = size.rows - ROWS_AROUND - (link.state === "away" ? 1 : 0);
  const last = sheetLines(sheet, size.columns).length - room;
  return Math.max(0, Math.min(last, sheet.at + by));
}
