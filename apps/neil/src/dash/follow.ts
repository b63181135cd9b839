/**
 * Following the server: when it has done something, and what it knows then.
 */
import type { CallOptions, Neil } from "../cli/call.js";
import { entriesBetween, namesOf } from "../cli/entries.js";
import { timeZone } from "../cli/print.js";
import { now } from "../clock.js";
import { homePath } from "../home-path.js";
import { settings } from "../settings.js";
import { dateAt } from "../time/calendar.js";
import { parsePeriod } from "../time/period.js";
import type { Books } from "./state.js";

const WAIT_MS = 10_000;
const DEADLINE_MS = WAIT_MS + 10_000;

/** Gives once at the beginning, whenever the server has done something, and from time to time; fails when it is gone. */
async function* happenings(neil: Neil, options: CallOptions): AsyncGenerator<"acts" | "nothing"> {
  let { seq } = await neil.acts({ waitMs: 0 }, options);
  yield "acts";
  for (;;) {
    const { seq: next } = await neil.acts({ after: seq, waitMs: WAIT_MS }, options);
    yield next === seq ? "nothing" : "acts";
    seq = next;
  }
}

/** What the server knows: at once, after everything that it has done, and when a day has begun. Fails when it is gone. */
export async function* following(
  neil: Neil,
  { tz, signal }: { readonly tz: string | null; readonly signal?: AbortSignal },
): AsyncGenerator<Books> {
  const options = { deadlineMs: DEADLINE_MS, ...(signal && { signal }) };
  let day = "";
  for await (const happened of happenings(neil, options)) {
    const where = hereNow(tz);
    const date = dateAt(where.here.now, where.here).toString();
    if (happened === "nothing" && date === day) continue;
    day = date;
    yield await booksOf(neil, options, where);
  }
}

type Where = Pick<Books, "here" | "targetMs">;

function hereNow(tz: string | null): Where {
  const { zone, dayStart, targetMs } = settings(homePath());
  return { here: { now: now(), zone: tz ?? zone ?? timeZone(), dayStart }, targetMs };
}

/** What the server knows now. */
async function booksOf(neil: Neil, options: CallOptions, { here, targetMs }: Where): Promise<Books> {
  const { from, to } = parsePeriod("week", here);
  const month = parsePeriod("month", here);
  const { zone, dayStart } = here;
  const span = { from: month.from, to: month.to, zone, dayStart };
  const [status, entries, names, budgets, { money }] = await Promise.all([
    neil.status({}, options),
    entriesBetween(neil, options, from, to),
    namesOf(neil, options),
    neil.budgets({ zone, dayStart }, options),
    neil.report({ ...span, by: ["client"], filter: [] }, options),
  ]);
  return { here, targetMs, status, entries, names, budgets, earned: money };
}
