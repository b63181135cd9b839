/**
 * A region of a file as a body. The file is opened when the first chunk is asked for and closed with the last one or when
 * the reader leaves, so a body that is never read holds nothing.
 */
import type { BigIntStats } from "node:fs";
import { constants, open } from "node:fs/promises";
import type { SizedChunks } from "../answer/stream.js";
import { ChidiError } from "../errors.js";

const CHUNK = 64 * 1024;
// Not on Windows.
const { O_NOFOLLOW = 0 } = constants;

/** The bytes from `start` to before `end` of the file that was `seen`. Fails with FILE_CHANGED where it is another by now. */
export function region(path: string, seen: BigIntStats, start: number, end: number): SizedChunks {
  return { byteLength: end - start, [Symbol.asyncIterator]: () => read(path, seen, start, end) };
}

async function* read(path: string, seen: BigIntStats, start: number, end: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | O_NOFOLLOW);
  try {
    // The answer's head, with the length and the ETag, was made of what had been seen.
    if (!same(await file.stat({ bigint: true }), seen)) throw changed();
    for (let at = start; at < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw changed();
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function same(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

function changed(): ChidiError {
  return new ChidiError(
    "FILE_CHANGED",
    "the file was replaced or written to while it was being sent: put new files in place by renaming them",
  );
}
