/** `neil`: what runs, since when, and for how long; and what somebody should look at. */

import { EXIT } from "../../errors.js";
import { durationText } from "../../time/duration.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { iso, notice, print, timeText, workJson, workText } from "../print.js";

export async function showStatus({ json, here }: Parsed): Promise<number> {
  const { running, last, away, long } = await call((neil, options) => neil.status({}, options));
  const data = {
    running: running && workJson(running),
    last: last && workJson(last),
    away: away.map(({ id, from, to }) => ({ away: id, from: iso(from), to: iso(to) })),
    long,
  };
  if (long && running !== null) notice(`it runs for ${durationText(running.ms)}: forgotten? npx neil stop --at TIME`);
  for (const { from, to } of away) {
    notice(`away ${timeText(from, here)} to ${timeText(to, here)}: npx neil away keep, cut, go-on or move HANDLE`);
  }
  if (running !== null) {
    const since = timeText(running.start, here);
    print(json, data, `${workText(running)} runs since ${since}, ${durationText(running.ms)}`);
    return EXIT.ok;
  }
  const before = last === null ? "" : `; last was ${workText(last)}, until ${timeText(last.end ?? last.start, here)}`;
  print(json, data, `nothing is running${before}`);
  return EXIT.idle;
}
