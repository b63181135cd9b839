/**
 * Timeclock, for hledger and ledger: levels of a handle as an account, times of the clock on the wall to the second.
 */
import { levelsOf } from "../import/names.js";
import type { Entry } from "../report/entry.js";
import { clockText } from "../report/wall.js";
import { type Occasion, wallTime } from "./write.js";

export function* timeclock(entries: readonly Entry[], occasion: Occasion): Generator<string> {
  const time = (at: number): string => {
    const { date, ms } = wallTime(Math.floor(at / 1000) * 1000, occasion);
    return `${date.replaceAll("-", "/")} ${clockText(ms, true)}`;
  };
  for (const entry of entries) {
    const { start, end, note, tags } = entry;
    const account = levelsOf("timeclock", entry).join(":") || "other";
    const plain = note.includes(";") ? ";" : "";
    const tagged = tags.length === 0 ? plain : `; ${tags.map((tag) => `${tag.replace(/[:,;]/g, "_")}:`).join(", ")}`;
    yield `i ${time(start)} ${[account, note, tagged].filter(Boolean).join("  ")}\n`;
    if (end !== null) yield `o ${time(end)}\n`;
  }
}
