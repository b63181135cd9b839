/**
 * `file`: a file, or a region of one, as the body of an answer. Its length is known before its first byte is read, and
 * it is read only as fast as the client takes it. The file is open only while it is read.
 */
import { realpath, stat } from "node:fs/promises";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { SizedChunks } from "../answer/stream.js";
import { ChidiError } from "../errors.js";
import { region } from "./region.js";

/** Which bytes of a file, as in `slice`: from `start` (0) up to and without `end` (the file's end). */
export interface FileRegion {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/**
 * The file at the path as a body. A file that is not there, is no file, or begins behind its end, fails the handler; one
 * that is another by the time it is read costs the connection (FILE_CHANGED), so that nobody takes a part, or a mixture, for the whole. Throws BAD_OPTION.
 */
export function file(path: string | URL, asked: FileRegion = {}): SizedChunks {
  checkOptions("file()", asked, ["start", "end"]);
  const { start = 0, end = Number.POSITIVE_INFINITY } = asked;
  if (!Number.isSafeInteger(start) || start < 0) throw bad("start", "an integer >= 0", start);
  if (end !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(end) || end < start)) {
    throw bad("end", "an integer >= start", end);
  }
  let found: Promise<SizedChunks> | null = null;
  const look = (): Promise<SizedChunks> => {
    found ??= find(path, start, end);
    return found;
  };
  return {
    get byteLength() {
      const length = look().then(({ byteLength }) => byteLength);
      // Whoever reads hears of the failure, too.
      length.catch(() => {});
      return length;
    },
    async *[Symbol.asyncIterator]() {
      yield* await look();
    },
  };
}

async function find(path: string | URL, start: number, end: number): Promise<SizedChunks> {
  const real = await realpath(path);
  const stats = await stat(real, { bigint: true });
  if (!stats.isFile()) throw new ChidiError("BAD_RESPONSE", "the path of the body is not that of a file");
  const size = Number(stats.size);
  if (start > size) {
    throw new ChidiError("BAD_RESPONSE", `the file has ${size} bytes, and the region begins at ${start}`);
  }
  return region(real, stats, start, Math.min(end, size));
}

function bad(option: string, expected: string, got: unknown): RangeError {
  return misuse("range", "BAD_OPTION", `file() option ${option} must be ${expected}, got ${describe(got)}`);
}
