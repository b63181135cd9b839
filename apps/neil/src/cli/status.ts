/** `neil`: what runs, since when, and for how long. */

import { clock } from "../domain/report.js";
import { EXIT } from "../errors.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { print, timeText, workJson, workText } from "./print.js";

export async function showStatus({ json }: Parsed): Promise<number> {
  const { running, last } = await call((neil, options) => neil.status({}, options));
  const data = { running: running && workJson(running), last: last && workJson(last) };
  if (running !== null) {
    const since = timeText(running.start, Date.now());
    print(json, data, `${workText(running)} runs since ${since}, ${clock(running.ms)}`);
    return EXIT.ok;
  }
  const before =
    last === null ? "" : `; last was ${workText(last)}, until ${timeText(last.end ?? last.start, Date.now())}`;
  print(json, data, `nothing is running${before}`);
  return EXIT.idle;
}
