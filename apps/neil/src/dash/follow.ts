/**
 * Following the server: when it has done something, and what it knows then.
 */
import { channel, go, select, sliding, timeout } from "@good-place/channel";
import type { CallOptions, Neil } from "../cli/call.js";
import { entriesBetween, namesOf } from "../cli/entries.js";
import { follow } from "../cli/follow.js";
import { timeZone } from "../cli/print.js";
import { now } from "../clock.js";
import { homePath } from "../home-path.js";
import { settings } from "../settings.js";
import { dateAt } from "../time/calendar.js";
import { parsePeriod } from "../time/period.js";
import type { Books } from "./state.js";

const WAIT_MS = 10_000;
const DEADLINE_MS = 20_000;

/**
 * Gives once at the beginning, once for all that the server has done since it was asked last, and from time to time; fails
 * when the server is gone.
 */
async function* happenings(neil: Neil, signal: AbortSignal | undefined): AsyncGenerator<"acts" | "nothing"> {
  const news = channel<true>(sliding(1));
  const listening = go(async () => {
    try {
      for await (const _ of follow(neil, undefined, signal ? { signal } : {})) news.tryGive(true);
      news.close();
    } catch (error) {
      news.abort(error);
    }
  });
  try {
    for (;;) {
      const hit = await select([news, timeout(WAIT_MS)]);
      if (hit.tag === "closed") return;
      yield hit.tag === "take" ? "acts" : "nothing";
    }
  } finally {
    listening.cancel("nobody listens any more");
  }
}

/** What the server knows: at once, after everything that it has done, and when a day has begun. Fails when it is gone. */
export async function* following(
  neil: Neil,
  { tz, signal }: { readonly tz: string | null; readonly signal?: AbortSignal },
): AsyncGenerator<Books> {
  const options = { deadlineMs: DEADLINE_MS, ...(signal && { signal }) };
  let day = "";
  for await (const happened of happenings(neil, signal)) {
    const where = hereNow(tz);
    const date = dateAt(where.here.now, where.here).toString();
    if (happened === "nothing" && date === day) continue;
    day = date;
    yield await booksOf(neil, options, where);
  }
}

type Where = Pick<Books, "here" | "targetMs">;

function hereNow(tz: string | null): Where {
  const { zone, dayStart, weekStart, targetMs } = settings(homePath());
  return { here: { now: now(), zone: tz ?? zone ?? timeZone(), dayStart, weekStart }, targetMs };
}

/** What the server knows now. */
async function booksOf(neil: Neil, options: CallOptions, { here, targetMs }: Where): Promise<Books> {
  const { from, to } = parsePeriod("week", here);
  const month = parsePeriod("month", here);
  const { zone, dayStart, weekStart } = here;
  const span = { from: month.from, to: month.to, zone, dayStart, weekStart };
  const all = { ...span, from: 0, to: here.now, unbilled: true };
  const [status, entries, names, budgets, earned, unbilled] = await Promise.all([
    neil.status({}, options),
    entriesBetween(neil, options, from, to),
    namesOf(neil, options),
    neil.budgets({ zone, dayStart, weekStart }, options),
    neil.report({ ...span, by: ["client"], filter: [] }, options),
    neil.report({ ...all, by: ["client"], filter: [] }, options),
  ]);
  return { here, targetMs, status, entries, names, budgets, earned: earned.money, unbilled: unbilled.money };
}
