/**
 * The dialog in which an interval is changed: its note, its times of the day, or it is removed. It says at which revision
 * the interval was seen: what somebody else has changed meanwhile is refused, and stays typed here.
 */
import { handleOf, handleText } from "../src/domain/handle.js";
import type { Interval, Office } from "../src/domain/office.js";
import type { Asker, Wish } from "./asks.js";
import { dialog } from "./dialog.js";
import { element } from "./view.js";

export interface Editor {
  open(office: Office, interval: Interval): void;
}

export function editor(ask: (wish: Wish, asker: Asker) => void, telling: Asker): Editor {
  const { asker, open, close } = dialog("editor", "edit", telling);
  const [note, start, end] = ["edit-note", "edit-start", "edit-end"].map((id) => element<HTMLInputElement>(id)) as [
    HTMLInputElement,
    HTMLInputElement,
    HTMLInputElement,
  ];
  let edited: Interval | undefined;

  element("edit").addEventListener("submit", (event) => {
    event.preventDefault();
    if (edited === undefined) return;
    const { id, rev } = edited;
    const changes = {
      ...(note.value !== edited.note && { note: note.value.trim() }),
      ...(start.value !== timeOf(edited.start) && { start: onDay(edited.start, start.value) }),
      ...(edited.end !== null && end.value !== timeOf(edited.end) && { end: onDay(edited.end, end.value) }),
    };
    if (Object.keys(changes).length === 0) return close();
    ask({ name: "interval/edit", input: { ...changes, interval: { ref: id, rev }, clash: "refuse" } }, asker);
  });
  element("remove").addEventListener("click", () => {
    if (edited === undefined) return;
    const { id, rev } = edited;
    ask({ name: "interval/remove", input: { intervals: [{ ref: id, rev }] } }, asker);
  });

  return {
    open(office, interval) {
      edited = interval;
      note.value = interval.note;
      start.value = timeOf(interval.start);
      for (const part of [end, element("edit-end-label")]) part.hidden = interval.end === null;
      end.required = interval.end !== null;
      end.value = interval.end === null ? "" : timeOf(interval.end);
      open(handleText(handleOf(office, interval.task)));
      note.focus();
    },
  };
}

/** "09:05", as the browser's field for times wants it. */
function timeOf(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

// Another time of the same day.
function onDay(at: number, time: string): number {
  const [hour, minute] = time.split(":").map(Number) as [number, number];
  return new Date(at).setHours(hour, minute, 0, 0);
}
