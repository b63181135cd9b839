/**
 * Decompression of an answer's body: one coding, never a chain of them, and never more bytes than the limit.
 */
import { PassThrough, pipeline, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { ClientError } from "./client-error.js";
import type { Chunks } from "./inflow.js";

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: zlib.createGunzip,
  "x-gzip": zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
};

/** What the client says it takes, where it decompresses. */
export const ACCEPTED = "gzip, deflate, br";

/** The codings of an answer's body, in the order in which they were applied. */
export function codingsOf(header: string | readonly string[] | undefined): readonly string[] {
  const names = String(header ?? "")
    .toLowerCase()
    .split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "" && name !== "identity");
}

/**
 * The decoded chunks. Reading fails with RESPONSE_CODING for an unknown coding, a chain, or what is not what it says, and
 * with RESPONSE_TOO_LARGE past the limit. `onFault` is told first, so that the connection can be closed.
 */
export function decoded(
  source: Chunks,
  codings: readonly string[],
  maxBytes: number,
  onFault: (error: unknown) => void,
): Chunks {
  let output: AsyncIterator<Uint8Array> | null = null;
  let size = 0;

  function fault(error: unknown): unknown {
    onFault(error);
    return error;
  }

  function open(): AsyncIterator<Uint8Array> {
    const [coding = ""] = codings;
    if (codings.length > 1 || !Object.hasOwn(decoders, coding)) {
      const text = `the answer's body is coded as ${codings.join(", ").slice(0, 60)}: one of ${ACCEPTED} can be undone`;
      throw fault(new ClientError("RESPONSE_CODING", text, { phase: "body" }));
    }
    const decoder = decoders[coding]?.() ?? new PassThrough();
    // Its failure comes out of the iterator.
    pipeline(chunksOf(source), decoder, () => {});
    return decoder[Symbol.asyncIterator]();
  }

  return {
    async next() {
      output ??= open();
      let step: IteratorResult<Uint8Array>;
      try {
        step = await output.next();
      } catch (cause) {
        if (cause instanceof ClientError || !(cause instanceof Error && "errno" in cause)) throw fault(cause);
        const text = `the answer's body is not ${codings[0]}, as its head says`;
        throw fault(new ClientError("RESPONSE_CODING", text, { phase: "body", cause }));
      }
      if (step.done) return null;
      size += step.value.length;
      if (size <= maxBytes) return step.value;
      void output.return?.();
      const text = `the answer's decoded body is larger than ${maxBytes} bytes (maxBodyBytes)`;
      throw fault(new ClientError("RESPONSE_TOO_LARGE", text, { phase: "body" }));
    },
  };
}

async function* chunksOf(source: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const chunk = await source.next();
    if (chunk === null) return;
    yield chunk;
  }
}
