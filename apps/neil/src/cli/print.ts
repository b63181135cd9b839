/**
 * How times and work look in the terminal and in JSON.
 */
import type { Work } from "../domain/status.js";

/** Work as JSON says it: times in ISO 8601, UTC. */
export function workJson({ interval, handle, note, tags, start, end, ms }: Work): object {
  return { interval, handle, note, tags, start: iso(start), end: end === null ? null : iso(end), ms };
}

/** "acme/site/header +css (fix the menu)" */
export function workText({ handle, tags, note }: Work): string {
  const text = [handle, ...tags.map((tag) => `+${tag}`), note && `(${note})`].filter(Boolean).join(" ");
  // What an older journal may hold must not steer the terminal.
  return text.replace(/\p{Cc}+/gu, " ");
}

/** "14:32", with the date where it is not today's. */
export function timeText(at: number, now: number): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(at);
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return today ? time : `${new Intl.DateTimeFormat("en-CA").format(at)} ${time}`;
}

/** The zone of this machine. Some settings of TZ have no name that Node knows. */
export function timeZone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
  return timeZone ?? "UTC";
}

export function print(json: boolean, data: object, text: string): void {
  console.log(json ? JSON.stringify(data) : text);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
