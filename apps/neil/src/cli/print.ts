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
  return [handle, ...tags.map((tag) => `+${tag}`), note && `(${note})`].filter(Boolean).join(" ");
}

/** "14:32", with the date where it is not today's. */
export function timeText(at: number, now: number): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(at);
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return today ? time : `${new Intl.DateTimeFormat("en-CA").format(at)} ${time}`;
}

export function print(json: boolean, data: object, text: string): void {
  console.log(json ? JSON.stringify(data) : text);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
