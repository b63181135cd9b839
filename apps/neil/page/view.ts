/**
 * What the page shows of an office. It is drawn anew after every act; only the running clocks are drawn by the second.
 */
import { handleOf, handleText } from "../src/domain/handle.js";
import type { Interval, Office } from "../src/domain/office.js";
import { clock, report, worked } from "../src/domain/report.js";
import { status } from "../src/domain/status.js";

const hourMinute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

// Nobody reads more rows of a day; the sum counts them all.
const LATEST = 100;

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function draw(office: Office, now: number): void {
  const { running } = status(office, now);
  swapForms(running !== null);
  document.title = running === null ? "Neil" : `${running.handle} · Neil`;
  if (running !== null) {
    element("task").textContent = [running.handle, ...running.tags.map((tag) => `+${tag}`)].join(" ");
    element("since").textContent = `since ${hourMinute.format(running.start)}`;
    element("note").textContent = running.note;
  }
  drawHandles(office);
  drawToday(office, now);
  drawProjects(office, now);
  tick(office, now);
}

// What is hidden must not take the focus with it: whoever works by keyboard goes on in the form that comes instead.
function swapForms(running: boolean): void {
  const focused = document.activeElement;
  const left = element(running ? "start" : "running");
  const had = !left.hidden && left.contains(focused);
  element("idle").hidden = running;
  element("running").hidden = !running;
  element("start").hidden = running;
  if (had) element(running ? "stop-note" : "handle").focus();
}

/** The parts that change without an act. */
export function tick(office: Office, now: number): void {
  const running = office.running === null ? undefined : office.intervals.get(office.running);
  if (running !== undefined) element("elapsed").textContent = clock(worked(running, now));
  const sum = today(office, now).reduce((ms, interval) => ms + worked(interval, now), 0);
  element("today-sum").textContent = sum === 0 ? "" : clock(sum);
}

function drawHandles(office: Office): void {
  const active = [...office.tasks].filter((task) => task.state === "active");
  element("handles").replaceChildren(
    ...active.map((task) => {
      const option = document.createElement("option");
      option.value = handleText(handleOf(office, task.id));
      return option;
    }),
  );
}

// By the day on which the work was started.
function today(office: Office, now: number): Interval[] {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  return [...office.intervals].filter(({ start }) => start >= midnight).sort((a, b) => b.start - a.start);
}

function drawToday(office: Office, now: number): void {
  const intervals = today(office, now).slice(0, LATEST);
  element("today-empty").hidden = intervals.length > 0;
  element("today").replaceChildren(
    ...intervals.map((interval) => {
      const { start, end, task, note } = interval;
      const span = `${hourMinute.format(start)} – ${end === null ? "now" : hourMinute.format(end)}`;
      const name = [handleText(handleOf(office, task)), note && `(${note})`].filter(Boolean).join(" ");
      return row("li", "span", [span, name, end === null ? "running" : clock(worked(interval, now))]);
    }),
  );
}

function drawProjects(office: Office, now: number): void {
  const { totals, ms } = report(office, "project", now);
  element("projects").replaceChildren(
    ...totals.map((total) => {
      const share = document.createElement("progress");
      share.max = Math.max(1, ms);
      share.value = total.ms;
      share.setAttribute("aria-label", `${total.handle}: ${Math.round((100 * total.ms) / Math.max(1, ms))} percent`);
      return row("tr", "td", [total.handle, share, clock(total.ms)]);
    }),
  );
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
