/** `neil import`: reads another program's file whole, and sends it in batches only when all of it is right. */
import { readFileSync } from "node:fs";
import { EXIT, NeilError } from "../error.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { usage } from "./parse.js";
import { print } from "./print.js";
import { watsonIntervals } from "./watson.js";

// Few enough for a message, many enough for a journal record.
const BATCH = 500;

export async function importFile({ command, words, json }: Parsed): Promise<number> {
  const [format = "", path = ""] = words;
  if (format !== "watson") throw usage(command, `import knows the format watson, got "${format}"`);
  const intervals = watsonIntervals(read(path), path);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const sum = await call(async (neil, options) => {
    const sum = { added: 0, known: 0 };
    for (let at = 0; at < intervals.length; at += BATCH) {
      const { added, known } = await neil["interval/import"](
        { zone, intervals: intervals.slice(at, at + BATCH) },
        options,
      );
      sum.added += added;
      sum.known += known;
    }
    return sum;
  });
  print(json, sum, `${sum.added} intervals added, ${sum.known} known already`);
  return EXIT.ok;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new NeilError("BAD_FILE", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
