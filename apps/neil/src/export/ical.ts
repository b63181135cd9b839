/**
 * iCalendar (RFC 5545): an event for each finished interval, in UTC. The UID is the interval's id and the stamp its end, so
 * that the same data is the same file, and a calendar that has taken it in once updates its events.
 */
import type { Entry } from "../report/entry.js";
import { handleOf, utcText as utc } from "./write.js";

const LONGEST = 75;

export function* ical(entries: readonly Entry[]): Generator<string> {
  yield* folded(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//good-place//neil//EN", "CALSCALE:GREGORIAN"]);
  for (const entry of entries) {
    const { id, start, end, note, tags } = entry;
    // What runs has no end yet: it is no event.
    if (end === null) continue;
    yield* folded([
      "BEGIN:VEVENT",
      `UID:${text(id)}@neil`,
      `DTSTAMP:${utc(end)}`,
      `DTSTART:${utc(start)}`,
      `DTEND:${utc(end)}`,
      `SUMMARY:${text(handleOf(entry))}`,
      ...(note === "" ? [] : [`DESCRIPTION:${text(note)}`]),
      ...(tags.length === 0 ? [] : [`CATEGORIES:${tags.map(text).join(",")}`]),
      "TRANSP:TRANSPARENT",
      "END:VEVENT",
    ]);
  }
  yield* folded(["END:VCALENDAR"]);
}

function text(plain: string): string {
  return plain.replace(/[\\;,]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n");
}

// No line has more than 75 bytes: what is longer goes on after a space, never within a character.
function* folded(lines: readonly string[]): Generator<string> {
  for (const line of lines) {
    let bytes = 0;
    let out = "";
    for (const character of line) {
      const size = Buffer.byteLength(character);
      if (bytes + size > LONGEST) {
        out += "\r\n ";
        bytes = 1;
      }
      out += character;
      bytes += size;
    }
    yield `${out}\r\n`;
  }
}
