/**
 * `neil import`: reads another program's file whole, and writes nothing unless all of it is right: within itself, and
 * beside what the server has.
 */
import { readFileSync } from "node:fs";
import { IMPORT_MOST, refuseClashes } from "../domain/acts/intervals.js";
import { EXIT, NeilError } from "../errors.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { usage } from "./parse.js";
import { print, timeZone } from "./print.js";
import { type ImportedInterval, watsonIntervals } from "./watson.js";

// Well below the longest message.
const BATCH_BYTES = 2 ** 20;

export async function importFile({ command, words, json }: Parsed): Promise<number> {
  const [format = "", path = ""] = words;
  if (format !== "watson") throw usage(command, `import knows the format watson, got "${format}"`);
  const intervals = watsonIntervals(read(path), path);
  refuseClashes(intervals);
  const sum = await written(intervals);
  print(json, sum, `${sum.added} intervals added, ${sum.known} known already`);
  return EXIT.ok;
}

interface Sum {
  readonly added: number;
  readonly known: number;
}

// One act holds so many; a longer file is tried in a dry run first, so that a refusal of its end does not come too late.
function written(intervals: readonly ImportedInterval[]): Promise<Sum> {
  const zone = timeZone();
  const batches = batched(intervals);
  return call(async (neil, options) => {
    const sums: Sum[] = [];
    for (const dryRun of batches.length > 1 ? [true, false] : [false]) {
      sums.length = 0;
      for (const batch of batches)
        sums.push(await neil["interval/import"]({ zone, intervals: batch, dryRun }, options));
    }
    const total = (of: keyof Sum): number => sums.reduce((sum, each) => sum + each[of], 0);
    return { added: total("added"), known: total("known") };
  });
}

function batched(intervals: readonly ImportedInterval[]): ImportedInterval[][] {
  const batches: ImportedInterval[][] = [[]];
  let bytes = 0;
  for (const interval of intervals) {
    const size = Buffer.byteLength(JSON.stringify(interval));
    if (batches.at(-1)?.length === IMPORT_MOST || bytes + size > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    bytes += size;
    batches.at(-1)?.push(interval);
  }
  return batches;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "you may not read it" }[
      code ?? ""
    ];
    const advice = "name a file that you may read";
    throw new NeilError("BAD_FILE", `${path} cannot be read: ${why ?? code ?? "unknown"}`, { cause, advice });
  }
}
