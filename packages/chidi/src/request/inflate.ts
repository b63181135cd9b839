/**
 * The body of a request behind its content-encoding. Bytes are decoded only as they are asked for.
 * Invariant: nothing is given beyond maxBodyBytes, nor more than maxBodyRatio times what came over the wire.
 */
import { pipeline, Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ChidiError, refusal } from "../errors.js";

export interface InflateLimits {
  readonly maxBodyBytes: number;
  readonly maxBodyRatio: number;
}

/** Gives the next bytes, or null at the end; a promise where they are not there yet. */
export type Pull = () => Uint8Array | null | Promise<Uint8Array | null>;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

// Small bodies may be as dense as they like: they cost nothing.
const FREE_BYTES = 64 * 1024;

/** The coding that the header names, or null for none. Throws BODY_ENCODED for an unknown one, and for more than one. */
export function codingOf(header: string | undefined): string | null {
  const coding = header?.trim().toLowerCase() ?? "identity";
  if (coding === "identity") return null;
  if (Object.hasOwn(decoders, coding)) return coding;
  throw refusal(415, "BODY_ENCODED", "the body's content-encoding is none of gzip, br and deflate: send it plain");
}

/** Decodes what `next` gives. Fails as `next` does, with BAD_BODY, or with BODY_TOO_LARGE. `came` is what the wire brought so far. */
export function inflating(next: Pull, coding: string, limits: InflateLimits, came: () => number): Pull {
  const decoder = (decoders[coding] as () => Transform)();
  // Its failures come out of the iterator.
  pipeline(Readable.from(all(next), { objectMode: false }), decoder, () => {});
  const chunks = decoder[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let given = 0;
  return async () => {
    const step = await chunks.next().catch((cause: unknown) => {
      throw cause instanceof ChidiError
        ? cause
        : refusal(400, "BAD_BODY", `the body is not what its content-encoding says (${coding})`, cause);
    });
    if (step.done === true) return null;
    given += step.value.length;
    const bound = Math.min(limits.maxBodyBytes, Math.max(FREE_BYTES, came() * limits.maxBodyRatio));
    if (given <= bound) return step.value;
    decoder.destroy();
    throw refusal(
      413,
      "BODY_TOO_LARGE",
      bound === limits.maxBodyBytes
        ? `the decoded body is larger than ${bound} bytes (maxBodyBytes, bodyLimit)`
        : `the body decodes to more than ${limits.maxBodyRatio} times its size (maxBodyRatio)`,
    );
  };
}

async function* all(next: Pull): AsyncGenerator<Uint8Array> {
  for (let chunk = await next(); chunk !== null; chunk = await next()) yield chunk;
}
