/**
 * The day for browsers without scripts: who posts the page's key gets what was done today and what runs, as it is at that
 * moment, in a page that runs nothing. The key is in no address, so that no list of visited pages has it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Answer, form, type HttpRequest } from "@good-place/chidi";
import type { Shawn } from "@good-place/shawn";
import { now } from "../clock.js";
import { entries } from "../domain/entries.js";
import type { Office } from "../domain/office.js";
import { status } from "../domain/status.js";
import { html } from "../export/html.js";
import { daysOf } from "../report/days.js";
import { wallOf } from "../report/wall.js";
import type { Settings } from "../settings.js";
import { isZone } from "../time/zone.js";

export interface PlainOptions {
  readonly key: string;
  /** Asked anew by every reader. */
  readonly settings: () => Settings;
}

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** Answers the form of the page, whose field `key` is the key or the whole address with it; 403 for any other. */
export function plain(office: Shawn<Office>, { key, settings }: PlainOptions) {
  return function* (request: HttpRequest): Generator<unknown, Answer, URLSearchParams> {
    const given = (yield* form(request)).get("key")?.trim() ?? "";
    if (!same(given.replace(/^.*#key=/, ""), key)) {
      const text = "<title>Not let in</title><p>This is not the key. npx neil web prints it.";
      return { status: 403, headers, body: `<!doctype html><html lang="en">${text}` };
    }
    return { status: 200, headers, body: today(office.durable.envelope, now(), settings()) };
  };
}

function today(office: Office, now: number, { zone: set, dayStart }: Settings): string {
  const { timeZone = "UTC" } = Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
  const zone = set ?? (isZone(timeZone) ? timeZone : "UTC");
  const { date, start } = daysOf(zone, dayStart)(now);
  // Of what began before the day only what lies in it counts.
  const work = [...entries(office, start, now + 1)].map((entry) => ({ ...entry, start: Math.max(start, entry.start) }));
  const { running } = status(office, now);
  const title = `${date}, ${running === null ? "nothing is running" : `${running.handle} is running`}`;
  return [...html(work, { zone, wall: wallOf(zone), now, dayStart, title, rates: [] })].join("");
}

// In a time that tells nothing of how much was right.
function same(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(left, right);
}
