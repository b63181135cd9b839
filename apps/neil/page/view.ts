/**
 * What the page shows of an office. It is drawn anew after every act; only the running clocks are drawn by the second.
 */
import { handleOf, handleText } from "../src/domain/handle.js";
import type { Away, Interval, Office } from "../src/domain/office.js";
import { clock, worked } from "../src/domain/report.js";
import type { PageOffice } from "../src/domain/shown.js";
import { status } from "../src/domain/status.js";
import { overlapping } from "../src/domain/timeline.js";

const hourMinute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayMonth = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

// Nobody reads more rows, or chooses among more names; the sums count all of them.
const MOST = 100;
const MOST_NAMES = 1000;

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Draws everything. The day begins `dayStart` minutes after midnight. */
export function draw(office: PageOffice, now: number, dayStart: number): void {
  const { running, away } = status(office, now);
  // The rows are made anew: whoever works by keyboard stays on the button that was left.
  const place = placeOf(document.activeElement);
  element("unknown").hidden = true;
  element("day").hidden = false;
  swapForms(running !== null);
  document.title = running === null ? "Neil" : `${running.handle} · Neil`;
  if (running !== null) {
    element("task").textContent = [running.handle, ...running.tags.map((tag) => `+${tag}`)].join(" ");
    element("since").textContent = `since ${timeText(running.start, now)}`;
    element("note").textContent = running.note;
  }
  drawHandles(office);
  drawAway(office, away, now);
  drawToday(office, now, dayStart);
  drawProjects(office, now);
  tick(office, now, dayStart);
  if (document.activeElement === document.body) focusOn(place);
}

/** A button in a row. The row may be drawn anew, and the button then is another element. */
export interface Place {
  readonly what: string;
  readonly id: string;
  readonly section: HTMLElement | null;
}

export function placeOf(focused: Element | null): Place | undefined {
  const { do: what, id } = (focused as HTMLElement | null)?.dataset ?? {};
  if (focused === null || what === undefined || id === undefined) return undefined;
  return { what, id, section: focused.closest("section") };
}

/** Gives the focus to the button that was there; where its row is gone, to the heading over it. */
export function focusOn(place: Place | undefined): void {
  if (place === undefined) return;
  const { what, id, section } = place;
  const button = document.querySelector<HTMLElement>(`button[data-do="${what}"][data-id="${CSS.escape(id)}"]`);
  const over = section === null || section.hidden ? element("now") : section;
  (button ?? over.querySelector<HTMLElement>("h2"))?.focus();
}

// Only what has changed: whoever reads a row, or stands in it, is not thrown out by a minute that has passed.
function refill(list: HTMLElement, rows: readonly HTMLElement[]): void {
  for (const [index, row] of rows.entries()) {
    const old = list.children[index];
    if (old === undefined) list.append(row);
    else if (!old.isEqualNode(row)) old.replaceWith(row);
  }
  while (list.children.length > rows.length) list.lastElementChild?.remove();
}

// The hour, and the day where it is not that of `seen`.
function timeText(at: number, seen: number): string {
  const [day, time] = [dayMonth.format(at), hourMinute.format(at)];
  return day === dayMonth.format(seen) ? time : `${day}, ${time}`;
}

// What is hidden must not take the focus with it: whoever works by keyboard goes on in the form that comes instead.
function swapForms(running: boolean): void {
  const shown = element("running").hidden ? "start" : "stop";
  const focused = element(shown).contains(document.activeElement);
  const changed = element("running").hidden === running || element("start").hidden;
  element("idle").hidden = running;
  element("running").hidden = !running;
  element("start").hidden = false;
  element("switch-title").hidden = !running;
  element("start-button").textContent = running ? "Switch" : "Start";
  if (focused && changed) element(running ? "stop-note" : "handle").focus();
}

/** The parts that change without an act. */
export function tick(office: Office, now: number, dayStart: number): void {
  const running = office.running === null ? undefined : office.intervals.get(office.running);
  if (running !== undefined) element("elapsed").textContent = clock(worked(running, now));
  const sum = today(office, now, dayStart).reduce((ms, { part }) => ms + part, 0);
  element("today-sum").textContent = sum === 0 ? "" : clock(sum);
}

function drawHandles(office: Office): void {
  const active = [...office.tasks].filter((task) => task.state === "active");
  // The latest first.
  const names = active.toReversed().slice(0, MOST_NAMES);
  refill(
    element("handles"),
    names.map((task) => {
      const option = document.createElement("option");
      option.value = handleText(handleOf(office, task.id));
      return option;
    }),
  );
}

interface Piece {
  readonly interval: Interval;
  /** How much of it lies in this day. */
  readonly part: number;
}

// Of what began before the day only what lies in it counts.
function today(office: Office, now: number, dayStart: number): Piece[] {
  const begin = new Date(now - dayStart * 60_000).setHours(0, dayStart, 0, 0);
  return [...overlapping(office, begin, now + 1)].map((interval) => {
    const { start, end } = interval;
    return { interval, part: Math.max(0, Math.min(end ?? now, now) - Math.max(start, begin)) };
  });
}

function drawToday(office: Office, now: number, dayStart: number): void {
  const pieces = today(office, now, dayStart);
  element("today-empty").hidden = pieces.length > 0;
  const latest = pieces.toReversed().slice(0, MOST);
  element("today-more").hidden = pieces.length <= MOST;
  element("today-more").textContent = `and ${pieces.length - MOST} before these`;
  refill(
    element("today"),
    latest.map(({ interval, part }) => {
      const { id, start, end, task, note, tags } = interval;
      const span = `${hourMinute.format(start)} – ${end === null ? "now" : hourMinute.format(end)}`;
      const handle = handleText(handleOf(office, task));
      const name = [handle, ...tags.map((tag) => `+${tag}`), note && `(${note})`].filter(Boolean).join(" ");
      const about = `${handle}, ${span}`;
      const buttons = document.createElement("span");
      buttons.className = "buttons";
      buttons.append(action("edit", id, "Edit", about));
      if (end !== null) buttons.append(action("again", id, "Again", about));
      return row("li", "span", [span, name, end === null ? "running" : clock(part), buttons]);
    }),
  );
  const sums = new Map<string, number>();
  for (const { interval, part } of pieces) {
    const handle = handleText(handleOf(office, interval.task));
    sums.set(handle, (sums.get(handle) ?? 0) + part);
  }
  const sorted = [...sums].sort((a, b) => b[1] - a[1]);
  element("today-tasks").hidden = sorted.length < 2;
  refill(
    element("tasks"),
    mostOf(sorted.map(([handle, ms]) => ({ handle, ms }))).map(({ handle, ms }) =>
      row("tr", "td", [handle, clock(ms)]),
    ),
  );
}

function drawAway(office: Office, away: readonly Away[], now: number): void {
  element("away").hidden = away.length === 0;
  const spans = away.map(({ from, to }) => `${timeText(from, now)} – ${timeText(to, from)}`);
  // Said where it is seen and heard; the answers are further down.
  const question = spans.length === 0 ? "" : `Were you away ${spans.join(", ")}?`;
  if (element("question").textContent !== question) {
    const link = document.createElement("a");
    link.href = "#away-title";
    link.textContent = question;
    element("question").replaceChildren(...(question === "" ? [] : [link]));
  }
  refill(
    element("absences"),
    away.map(({ id, interval }, index) => {
      const task = office.intervals.get(interval)?.task;
      const span = spans[index] ?? "";
      const about = task === undefined ? span : `${span}, on ${handleText(handleOf(office, task))}`;
      const buttons = document.createElement("span");
      buttons.className = "buttons";
      buttons.append(action("keep", id, "It was work", about), action("cut", id, "The work ended then", about));
      buttons.append(action("go-on", id, "Take it out", about), action("move", id, "It was other work", about));
      return row("li", "span", [about, buttons]);
    }),
  );
}

// What it is about is said to those who do not see the row.
function action(what: string, id: string, label: string, about: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  Object.assign(button.dataset, { do: what, id });
  button.textContent = label;
  button.setAttribute("aria-label", `${label}: ${about}`);
  return button;
}

function drawProjects(office: PageOffice, now: number): void {
  const running = office.running === null ? undefined : office.intervals.at(office.running);
  const runs = running && office.tasks.at(running.task).project;
  const totals = [...office.worked].map(({ id, handle, ms }) => {
    return { handle, ms: running !== undefined && id === runs ? ms + worked(running, now) : ms };
  });
  totals.sort((a, b) => b.ms - a.ms || a.handle.localeCompare(b.handle));
  const ms = totals.reduce((sum, total) => sum + total.ms, 0);
  element("all-time").hidden = totals.length === 0;
  refill(
    element("projects"),
    mostOf(totals).map((total) => {
      const share = document.createElement("progress");
      share.max = Math.max(1, ms);
      share.value = total.ms;
      share.setAttribute("aria-label", `${total.handle}: ${Math.round((100 * total.ms) / Math.max(1, ms))} percent`);
      return row("tr", "td", [total.handle, share, clock(total.ms)]);
    }),
  );
}

// The greatest, and the others in one.
function mostOf<Total extends { readonly handle: string; readonly ms: number }>(
  totals: readonly Total[],
): readonly { readonly handle: string; readonly ms: number }[] {
  if (totals.length <= MOST) return totals;
  const others = totals.slice(MOST - 1);
  const ms = others.reduce((sum, total) => sum + total.ms, 0);
  return [...totals.slice(0, MOST - 1), { handle: `${others.length} others`, ms }];
}

function row(outer: string, inner: string, cells: (string | HTMLElement)[]): HTMLElement {
  const line = document.createElement(outer);
  for (const content of cells) {
    const cell = document.createElement(inner);
    cell.append(content);
    line.append(cell);
  }
  return line;
}
