/**
 * Content codings: which one a client likes best, and the engines that make them. zstd is there where node has it (22.15).
 */

import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import type { Chunks } from "../answer/stream.js";

/** A content coding, by its name in Accept-Encoding. */
export type Coding = "zstd" | "br" | "gzip";

interface Engine {
  make(): Transform & { flush(kind: number): void };
  /** The kind of flush after which a reader can read all that was written. */
  readonly flush: number;
}

interface Zstd {
  readonly createZstdCompress?: () => ReturnType<Engine["make"]>;
}

const { constants } = zlib;
const { createZstdCompress } = zlib as Zstd;

// Levels for answers that are made now: brotli's own default takes a hundred times as long for a tenth less.
const gzip: Engine = { make: () => zlib.createGzip({ level: 6 }), flush: constants.Z_SYNC_FLUSH };
const br: Engine = {
  make: () => zlib.createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  flush: constants.BROTLI_OPERATION_FLUSH,
};
// ZSTD_e_flush
const zstd: Engine | null = createZstdCompress === undefined ? null : { make: () => createZstdCompress(), flush: 1 };

const engines: ReadonlyMap<Coding, Engine> = new Map<Coding, Engine>([
  ...(zstd === null ? [] : [["zstd", zstd] as const]),
  ["br", br],
  ["gzip", gzip],
]);

/** All that this node can make, the best first. */
export const codings: readonly Coding[] = [...engines.keys()];

/**
 * The coding of those available that an Accept-Encoding likes best, or null for none at all. Of several liked alike the
 * one that comes first among the available.
 */
export function preferredCoding<C extends Coding>(accept: string | null, available: readonly C[]): C | null {
  const weights = weightsOf(accept ?? "");
  let best: C | null = null;
  let most = weights.get("identity") ?? 0;
  for (const coding of available) {
    const weight = weights.get(coding) ?? weights.get("*") ?? 0;
    if (weight > most || (weight === most && weight > 0 && best === null)) {
      best = coding;
      most = weight;
    }
  }
  return best;
}

function weightsOf(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of accept.split(",")) {
    const [name = "", ...params] = item.split(";").map((part) => part.trim().toLowerCase());
    const q = params.find((param) => param.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    // What is no weight is no wish.
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  return weights;
}

/** The chunks in the coding. With `live` each chunk can be read as soon as it is written, at the cost of some bytes. */
export async function* encoded(body: Chunks, coding: Coding, live: boolean): AsyncGenerator<Uint8Array> {
  const { make, flush } = engines.get(coding) as Engine;
  const engine = make();
  void feed(body, engine, live ? () => engine.flush(flush) : () => {});
  try {
    yield* engine as AsyncIterable<Uint8Array>;
  } finally {
    engine.destroy();
  }
}

// Ends by itself: once the engine is destroyed it waits for nothing but the chunk that it has asked for.
async function feed(body: Chunks, engine: Transform, written: () => void): Promise<void> {
  try {
    for await (const chunk of body) {
      if (engine.destroyed) return;
      const room = engine.write(chunk);
      written();
      if (!room) await drained(engine);
    }
    engine.end();
  } catch (error) {
    engine.destroy(error as Error);
  }
}

function drained(engine: Transform): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      engine.off("drain", go).off("close", go);
      resolve();
    };
    engine.on("drain", go).on("close", go);
  });
}
