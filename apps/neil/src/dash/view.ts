/**
 * The screen: from the state to a frame of its size. Four panels from 80x24 on; below that one column, in which the chosen
 * panel has the room and the others are a line each.
 */

import { wrapped } from "../cli/print.js";
import { clock } from "../domain/report.js";
import { zoned } from "../time/calendar.js";
import { durationText } from "../time/duration.js";
import { HINTS } from "./keys-help.js";
import { chosen, panels } from "./panels/index.js";
import { clockOf, type Panel } from "./panels/panel.js";
import { filterProblem } from "./panels/tasks.js";
import { cellsOf, Frame, type Line, lineCells, STYLE } from "./screen/frame.js";
import { sheetLines } from "./sheet.js";
import { type Dash, hereOf, type Sheet } from "./state.js";

const WIDE = 80;
const HIGH = 24;
const NOTICE_ROWS = 3;
/** So many tasks, and so many budgets, stand on the one screen of text. */
const PLAIN_ROWS = 20;
const LEAST = { columns: 24, rows: 8 };

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws all of it. */
export function view(dash: Dash): Frame {
  const { columns, rows } = dash.size;
  const frame = new Frame(columns, rows);
  if (columns < LEAST.columns || rows < LEAST.rows) {
    frame.write({ x: 0, y: 0, width: columns }, ["too small"]);
    return frame;
  }
  header(frame, dash);
  const top = banner(frame, dash) ? 2 : 1;
  const area = { x: 0, y: top, width: columns, height: rows - top - 1 };
  if (columns >= WIDE && rows >= HIGH) grid(frame, dash, area);
  else column(frame, dash, area);
  if (dash.sheet !== null) sheet(frame, dash.sheet, area);
  footer(frame, dash);
  return frame;
}

function header(frame: Frame, dash: Dash): void {
  const { columns } = dash.size;
  const { books, link } = dash;
  const here = hereOf(dash);
  const room = { x: 0, y: 0, width: columns };
  frame.clear(room, STYLE.reverse);
  const state = `[${link.state}]`;
  const right = columns - cellsOf(state) - 1;
  frame.write({ x: right, y: 0, width: cellsOf(state) }, [state], STYLE.reverse | STYLE.bold);
  const line: Line = [
    [" neil ", STYLE.bold],
    ...(columns < WIDE || books === null ? [] : [` ${dateText(here.now, here.zone)} `]),
    ...(books === null ? [] : [` ${clockOf(here.now, here.zone)} `]),
    ...running(dash),
  ];
  frame.write({ x: 0, y: 0, width: right - 1 }, line, STYLE.reverse);
}

function running({ books, now }: Dash): Line {
  if (books === null) return [];
  const { running } = books.status;
  if (running === null) return ["  idle"];
  const tags = running.tags.map((tag) => ` +${tag}`).join("");
  const long = books.status.long ? " forgotten?" : "";
  return [[`  RUNNING ${clock(Math.max(0, now - running.start))}`, STYLE.bold], `${long}  ${running.handle}${tags}`];
}

/** "Tue 6 Oct 2026" */
export function dateText(at: number, zone: string): string {
  return zoned(at, zone)
    .toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric" })
    .replace(",", "");
}

function banner(frame: Frame, { link, queued, size }: Dash): boolean {
  if (link.state !== "away") return false;
  const room = { x: 0, y: 1, width: size.columns };
  frame.clear(room, STYLE.yellow | STYLE.reverse);
  const waits = queued === 0 ? "" : `${queued} ${queued === 1 ? "command waits" : "commands wait"}; `;
  frame.write(room, [` no server: ${waits}trying again. ${link.why}`], STYLE.yellow | STYLE.reverse);
  return true;
}

function footer(frame: Frame, dash: Dash): void {
  const { columns, rows } = dash.size;
  const y = rows - 1;
  const room = { x: 0, y, width: columns };
  const { input, notice, busy } = dash;
  if (input !== null) {
    const problem = input.purpose.tag === "filter" ? filterProblem(dash, input.text) : null;
    const label = input.label;
    const before = [...input.text].slice(0, input.caret).join("");
    // A long line is shown up to its caret, and a little beyond.
    const over = Math.max(0, cellsOf(label) + cellsOf(before) + 8 - columns);
    const text = [...input.text].slice(over).join("");
    const shown = [...before].slice(over).join("");
    frame.write(room, [
      [label, STYLE.bold],
      text,
      ...(problem === null ? [] : [[`   ${problem}`, STYLE.red] as const]),
    ]);
    frame.caret = { x: Math.min(columns - 1, cellsOf(label) + cellsOf(shown)), y };
  } else if (busy !== null) frame.write(room, [[` ${busy} ...`, STYLE.dim]]);
  else if (notice !== null) {
    // What is long lies over the last rows of the panels.
    const lines = wrapped(notice.text, columns - 2).slice(0, NOTICE_ROWS);
    for (const [line, text] of lines.entries()) {
      const place = { x: 0, y: y - lines.length + 1 + line, width: columns };
      frame.clear(place);
      frame.write(place, [[` ${text}`, notice.bad ? STYLE.red | STYLE.bold : STYLE.bold]]);
    }
  } else frame.write(room, HINTS.flatMap(hint));
}

function hint([key, about]: readonly [string, string], index: number): Line {
  return [
    [`${index === 0 ? "" : " "}${key}`, STYLE.bold],
    [` ${about}`, STYLE.dim],
  ];
}

function grid(frame: Frame, dash: Dash, { x, y, width, height }: Box): void {
  const [today, tasks, week, budgets] = panels as [Panel, Panel, Panel, Panel];
  const left = Math.ceil(width / 2);
  const right = width - left;
  // A week has seven days.
  const lower = Math.min(Math.floor(height / 2), 9);
  const half = Math.ceil(right / 2);
  panel(frame, dash, today, { x, y, width: left, height });
  panel(frame, dash, tasks, { x: left, y, width: right, height: height - lower });
  panel(frame, dash, week, { x: left, y: y + height - lower, width: half, height: lower });
  panel(frame, dash, budgets, { x: left + half, y: y + height - lower, width: right - half, height: lower });
}

function column(frame: Frame, dash: Dash, { x, y, width, height }: Box): void {
  let at = y;
  for (const each of panels) {
    const rest = height - panels.length + 1;
    const size = each.name === dash.panel ? rest : 1;
    panel(frame, dash, each, { x, y: at, width, height: size });
    at += size;
  }
}

function panel(frame: Frame, dash: Dash, each: Panel, box: Box): void {
  const { books } = dash;
  const here = each.name === dash.panel;
  const number = panels.indexOf(each) + 1;
  const title = ` ${number} ${books === null ? each.label : each.title(dash, books)} `;
  border(frame, box, title, here ? STYLE.bold | STYLE.reverse : STYLE.plain);
  const inner = { x: box.x + 1, y: box.y + 1, width: box.width - 2, height: box.height - 2 };
  if (inner.height <= 0) return;
  if (books === null) {
    frame.write(inner, [[` ${dash.link.state === "away" ? "not known yet" : "..."}`, STYLE.dim]]);
    return;
  }
  const { rows, index } = chosen(dash, each.name, inner.width - 2);
  const head = each.head(dash, books, inner.width - 2).slice(0, Math.max(0, inner.height - 2));
  for (const [line, text] of head.entries())
    frame.write({ x: inner.x + 1, y: inner.y + line, width: inner.width - 2 }, text);
  const top = inner.y + head.length;
  const room = inner.height - head.length;
  const empty = rows.length > 0 ? [] : wrapped(each.empty, inner.width - 2).slice(0, room);
  for (const [line, text] of empty.entries()) {
    frame.write({ x: inner.x + 1, y: top + line, width: inner.width - 2 }, [[text, STYLE.dim]]);
  }
  // The chosen row is always seen.
  const first = Math.max(0, Math.min(index - Math.floor(room / 2), rows.length - room));
  for (const [line, row] of rows.slice(first, first + room).entries()) {
    const marked = here && first + line === index;
    const place = { x: inner.x, y: top + line, width: inner.width };
    if (marked) frame.clear(place, STYLE.reverse);
    const over = marked ? STYLE.reverse : 0;
    const right = Math.min(lineCells(row.right), inner.width - 2);
    frame.write(place, [marked ? ">" : " ", ...row.left], over);
    const from = inner.x + inner.width - right - 1;
    frame.clear({ x: from - 1, y: place.y, width: right + 2 }, over);
    frame.write({ x: from, y: place.y, width: right }, row.right, over);
  }
  if (first + room < rows.length) more(frame, box, rows.length - first - room);
}

function more(frame: Frame, { x, y, width, height }: Box, count: number): void {
  const text = ` ${count} more `;
  frame.write({ x: x + width - text.length - 1, y: y + height - 1, width: text.length }, [[text, STYLE.dim]]);
}

function border(frame: Frame, { x, y, width, height }: Box, title: string, style: number): void {
  const line = "─".repeat(Math.max(0, width - 2));
  if (height === 1) {
    frame.write({ x, y, width }, [`──${line}`]);
  } else {
    frame.write({ x, y, width }, [`┌${line}┐`]);
    for (let row = y + 1; row < y + height - 1; row++) {
      frame.write({ x, y: row, width: 1 }, ["│"]);
      frame.write({ x: x + width - 1, y: row, width: 1 }, ["│"]);
    }
    frame.write({ x, y: y + height - 1, width }, [`└${line}┘`]);
  }
  frame.write({ x: x + 1, y, width: width - 2 }, [[title, style]]);
}

/** What lies over the panels is as large as it has to be. */
function sheet(frame: Frame, open: Sheet, area: Box): void {
  const { title, at, choices } = open;
  const said = sheetLines(open, area.width);
  const hint = choices.length === 0 ? " Esc closes " : " Esc: later ";
  const widest = Math.max(cellsOf(title) + 4, hint.length + 2, ...said.map((line) => cellsOf(line)));
  const width = Math.min(area.width, widest + 4);
  const height = Math.min(area.height, said.length + 2);
  const box = {
    x: area.x + Math.floor((area.width - width) / 2),
    y: area.y + Math.floor((area.height - height) / 2),
    width,
    height,
  };
  for (let y = box.y; y < box.y + height; y++) frame.clear({ x: box.x, y, width });
  border(frame, box, ` ${title} `, STYLE.bold | STYLE.reverse);
  const room = height - 2;
  const first = Math.min(at, Math.max(0, said.length - room));
  for (const [line, text] of said.slice(first, first + room).entries()) {
    frame.write({ x: box.x + 2, y: box.y + 1 + line, width: width - 4 }, [text]);
  }
  const rest = said.length - first - room;
  const foot = rest > 0 ? ` ${rest} more, j goes on ` : hint;
  frame.write({ x: box.x + 1, y: box.y + height - 1, width: width - 2 }, [[foot, STYLE.dim]]);
}

/** One screen of text, for those who read by ear and for pipes. */
export function plainView(dash: Dash): string {
  const { books } = dash;
  if (books === null) return "";
  const here = hereOf(dash);
  const { running, last } = books.status;
  const state =
    running === null
      ? `nothing is running${last === null ? "" : `; last was ${last.handle}`}`
      : `running ${durationText(Math.max(0, dash.now - running.start))}: ${running.handle}`;
  const blocks = panels.map((each) => {
    const head = each.head(dash, books, 0).map((line) => `  ${textOf(line)}`);
    const all = each.rows(dash, books, 0);
    const shown = each.first === "top" ? all.slice(0, PLAIN_ROWS) : all;
    const rows = shown.map((row) => `  ${textOf(row.left)}  ${textOf(row.right)}`.trimEnd());
    if (shown.length < all.length) rows.push(`  and ${all.length - shown.length} more`);
    return [each.title(dash, books), ...head, ...(rows.length === 0 ? [`  ${each.empty}`] : rows)].join("\n");
  });
  return [`${dateText(here.now, here.zone)} ${clockOf(here.now, here.zone)}, ${state}`, ...blocks].join("\n\n");
}

function textOf(line: Line): string {
  return line.map((span) => (typeof span === "string" ? span : span[0])).join("");
}
