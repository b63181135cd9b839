/** `neil export`: the intervals that begin in a period, in another program's format, to a file or to the terminal. */
import { writeFileSync } from "node:fs";
import { EXIT, NeilError } from "../../errors.js";
import { WRITERS } from "../../export/formats.js";
import { entryFilter } from "../../report/filter.js";
import { wallOf } from "../../report/wall.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { allEntries } from "../entries.js";
import { periodAndFilter } from "../filter.js";
import { notice, say, sayExactly } from "../print.js";
import { choice } from "./options.js";

export async function exportFile(parsed: Parsed): Promise<number> {
  const { command, words, options, here, json } = parsed;
  const [format = "", ...others] = words;
  const known = choice(command, "export", format, Object.keys(WRITERS));
  const { period, filter } = periodAndFilter(others, here, "all");
  const fits = entryFilter(filter);
  const found = await allEntries(period);
  // Each interval is in one export of several that follow each other: in that of the period in which it begins.
  const entries = found.filter((entry) => entry.start >= period.from && fits(entry));
  const rates = known === "html" ? await call((neil, callOptions) => neil.rates({}, callOptions)) : [];
  const occasion = {
    zone: here.zone,
    wall: wallOf(here.zone),
    now: here.now,
    dayStart: here.dayStart,
    title: period.text,
    rates,
  };
  const text = [...(WRITERS[known]?.(entries, occasion) ?? [])].join("");
  if (options.output === undefined) sayExactly(text);
  else {
    await write(parsed, options.output, text);
    const sum = `${entries.length} ${entries.length === 1 ? "interval" : "intervals"} written to ${options.output}`;
    if (json) say(JSON.stringify({ written: entries.length, file: options.output }));
    else notice(sum);
  }
  return EXIT.ok;
}

// What is there already may be all that somebody has of something.
async function write(parsed: Parsed, path: string, text: string, force = parsed.flag("force")): Promise<void> {
  try {
    writeFileSync(path, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" && (parsed.yes || parsed.mayAsk)) {
      const { sure } = await import("../choosing.js");
      if (await sure(parsed, `${path} is there already. Write over it?`)) return await write(parsed, path, text, true);
    }
    const why = code === "EEXIST" ? "it is there already" : (code ?? "unknown");
    const advice = code === "EEXIST" ? "name another file, or say --force" : "name a file that you may write";
    throw new NeilError("BAD_FILE", `${path} cannot be written: ${why}`, { cause, advice });
  }
}
