/**
 * `file`: a file, or a region of one, as the body of an answer. Its length is known before its first byte is read, and
 * it is read only as fast as the client takes it. The file is open only while it is read.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { ChidiError } from "./errors.js";

/** A stream that knows how many bytes it will give: the answer then goes with a Content-Length. */
export interface SizedBody extends AsyncIterable<Uint8Array> {
  /** Asked once, before the head of the answer is written; its failure is the handler's. */
  size(): PromiseLike<number>;
}

/** Which bytes of a file, as in `slice`: from `start` (0) up to and without `end` (the file's end). */
export interface FileRegion {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/**
 * The file at the path as a body. A file that is not there, is no file, or begins behind its end, fails the handler; one
 * that shrinks while it is sent costs the connection, so that nobody takes the part for the whole. Throws BAD_OPTION.
 */
export function file(path: string | URL, region: FileRegion = {}): SizedBody {
  checkOptions("file()", region, ["start", "end"]);
  const { start = 0, end = Number.POSITIVE_INFINITY } = region;
  if (!Number.isSafeInteger(start) || start < 0) throw bad("start", "an integer >= 0", start);
  if (end !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(end) || end < start)) {
    throw bad("end", "an integer >= start", end);
  }
  let last = end;
  return {
    async size() {
      const found = await stat(path);
      if (!found.isFile()) throw new ChidiError("BAD_RESPONSE", "the path of the body is not that of a file");
      if (start > found.size) {
        throw new ChidiError("BAD_RESPONSE", `the file has ${found.size} bytes, and the region begins at ${start}`);
      }
      last = Math.min(end, found.size);
      return last - start;
    },
    async *[Symbol.asyncIterator]() {
      if (last > start) yield* createReadStream(path, { start, end: last - 1 }) as AsyncIterable<Uint8Array>;
    },
  };
}

/** True for a stream that knows its size. */
export function isSized(body: object): body is SizedBody {
  return typeof (body as Partial<SizedBody>).size === "function";
}

function bad(option: string, expected: string, got: unknown): RangeError {
  return misuse("range", "BAD_OPTION", `file() option ${option} must be ${expected}, got ${describe(got)}`);
}
