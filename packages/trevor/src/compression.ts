/**
 * The option `compress`: permessage-deflate (RFC 7692), which is off unless it is asked for. What is read is inflated up
 * to `maxPayload` and no further.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { ServerOptions } from "ws";

export interface Compression {
  /** Messages that are shorter, in bytes or in characters of a text, are sent as they are; 1,024. */
  readonly thresholdBytes?: number | undefined;
  /** How hard zlib tries, 1 to 9; 6. */
  readonly level?: number | undefined;
  /** Whether a message may be compressed by what those before it were. Smaller on the wire; false. */
  readonly contextTakeover?: boolean | undefined;
}

/** Checks the option and fills in the defaults; null for no compression. Throws UNKNOWN_OPTION or BAD_OPTION. */
export function compressionOf(compress: unknown): Required<Compression> | null {
  if (compress === undefined || compress === false) return null;
  const given = compress === true ? {} : compress;
  checkOptions("trevor() option compress", given, ["thresholdBytes", "level", "contextTakeover"]);
  const { thresholdBytes = 1024, level = 6, contextTakeover = false } = given as Compression;
  if (!Number.isInteger(thresholdBytes) || thresholdBytes < 0) {
    throw bad("thresholdBytes", "an integer >= 0", thresholdBytes);
  }
  if (!Number.isInteger(level) || level < 1 || level > 9) throw bad("level", "an integer from 1 to 9", level);
  if (typeof contextTakeover !== "boolean") throw bad("contextTakeover", "true or false", contextTakeover);
  return { thresholdBytes, level, contextTakeover };
}

/** What ws is told of it. */
export function deflateOptions(compression: Required<Compression> | null): ServerOptions["perMessageDeflate"] {
  if (compression === null) return false;
  const { level, contextTakeover } = compression;
  return {
    // Which messages are compressed is said with each of them: ws would forget the threshold with a context.
    threshold: 0,
    // A false would refuse the handshake of a client that asks for it.
    ...(!contextTakeover && { serverNoContextTakeover: true, clientNoContextTakeover: true }),
    zlibDeflateOptions: { level },
  };
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `trevor() option compress.${option} must be ${expected}, got ${describe(got)}`);
}
