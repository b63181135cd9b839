/**
 * Byte ranges (RFC 9110, 14): what a Range header asks for, and the body that answers several ranges at once.
 * Invariant: the ranges of an answer do not overlap, so no answer is larger than the file and its parts' heads.
 */
import { randomUUID } from "node:crypto";
import { lengthOf, type SizedChunks } from "../answer/stream.js";

/** From `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

// More than any reader of documents or videos asks for at once; what asks for more gets the whole.
const MANY_RANGES = 16;

/** The ranges asked for that there are; none of them: not satisfiable. Null: the header is to be ignored. */
export function parseRanges(header: string, size: number): ByteRange[] | null {
  const list = /^bytes=(.*)$/i.exec(header.trim())?.[1];
  if (list === undefined) return null;
  const specs = list.split(",").map((spec) => spec.trim());
  const ranges: ByteRange[] = [];
  let count = 0;
  for (const spec of specs) {
    if (spec === "") continue;
    const bounds = /^(\d*)-(\d*)$/.exec(spec);
    if (bounds === null || spec === "-" || ++count > MANY_RANGES) return null;
    const [, first = "", last = ""] = bounds;
    if (first !== "" && last !== "" && Number(first) > Number(last)) return null;
    const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
    const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
    if (start < end) ranges.push({ start, end });
  }
  return count === 0 ? null : merged(ranges);
}

// As they were asked for, unless some overlap: then in order, each byte once.
function merged(ranges: ByteRange[]): ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  const apart: { start: number; end: number }[] = [];
  for (const range of sorted) {
    const last = apart.at(-1);
    if (last !== undefined && range.start < last.end) last.end = Math.max(last.end, range.end);
    else apart.push({ ...range });
  }
  return apart.length === ranges.length ? ranges : apart;
}

/** The value of Content-Range. */
export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

/** Several ranges as one body, and its type. */
export function multipart(
  ranges: readonly ByteRange[],
  size: number,
  type: string,
  region: (range: ByteRange) => SizedChunks,
): { readonly type: string; readonly body: SizedChunks } {
  const boundary = randomUUID();
  const pieces: (string | SizedChunks)[] = ranges.flatMap((range) => [
    `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    region(range),
  ]);
  pieces.push(`\r\n--${boundary}--\r\n`);
  const byteLength = pieces.reduce((sum, piece) => sum + (lengthOf(piece) as number), 0);
  return {
    type: `multipart/byteranges; boundary=${boundary}`,
    body: { byteLength, [Symbol.asyncIterator]: () => joined(pieces) },
  };
}

async function* joined(pieces: readonly (string | SizedChunks)[]): AsyncGenerator<string | Uint8Array> {
  for (const piece of pieces) {
    if (typeof piece === "string") yield piece;
    else yield* piece;
  }
}
