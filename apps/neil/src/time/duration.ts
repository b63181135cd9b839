/**
 * Durations: `1h30 1h30m 90m 1.5h 1:30 45s`, in milliseconds.
 */
import { NeilError } from "../errors.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The duration, or undefined where the text is none. */
export function readDuration(text: string): number | undefined {
  const clock = /^(\d{1,4}):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock !== null) return Number(clock[1]) * HOUR + Number(clock[2]) * MINUTE + Number(clock[3] ?? 0) * 1000;
  const [whole, hours, minutes, bare, seconds] =
    /^(?:(\d{1,5}(?:[.,]\d{1,4})?)h)?(?:(\d{1,6})m(?:in)?|(?<=h)([0-5]\d))?(?:(\d{1,7})s)?$/.exec(text) ?? [];
  if (whole === undefined || whole === "") return undefined;
  const ms = Number(hours?.replace(",", ".") ?? 0) * HOUR + Number(minutes ?? bare ?? 0) * MINUTE;
  return Math.round(ms) + Number(seconds ?? 0) * 1000;
}

/** Reads a duration. Throws BAD_MOMENT. */
export function parseDuration(text: string): number {
  const ms = readDuration(text.trim().toLowerCase());
  if (ms !== undefined) return ms;
  throw new NeilError("BAD_MOMENT", `"${text}" is no duration`, { advice: "write it like 1h30, 90m, 1.5h or 1:30" });
}

/** The minute of the day at which a clock shows "4:00", or undefined where the text is no such time. */
export function readMinute(text: string): number | undefined {
  const [, h, m] = /^(\d{1,2}):([0-5]\d)$/.exec(text) ?? [];
  return h !== undefined && Number(h) < 24 ? Number(h) * 60 + Number(m) : undefined;
}

/** "1h30", "45m", "20s": the two largest units are enough for people. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, "0")}`;
  return minutes > 0 ? `${minutes}m` : `${seconds}s`;
}
