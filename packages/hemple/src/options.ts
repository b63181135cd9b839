/**
 * What the options of this package have in common beside their names.
 */
import { misuse } from "@good-place/channel/misuse";
import { REKEY_LIMITS, type RekeyLimits } from "./wire/rekeying.js";

/** Bytes that every message may have: an error must fit. */
export const LEAST_MESSAGE = 4096;
/** Bytes of the longest message that its length can be written for. */
export const MOST_MESSAGE: number = 2 ** 31 - 1;

/** The value of a numeric option, or its default. */
export function checkCount(
  where: string,
  name: string,
  value: unknown,
  fallback: number,
  least = 1,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const came = typeof value === "number" ? value : typeof value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw misuse("range", "BAD_OPTION", `${where}: ${name} must be an integer ${range}, got ${came}`);
}

/** How long a sending key is used, with the defaults filled in. */
export function checkRekey(where: string, options: Partial<RekeyLimits>): RekeyLimits {
  const [messages, bytes, ms] = (["rekeyMessages", "rekeyBytes", "rekeyMs"] as const).map((name) =>
    checkCount(where, name, options[name], REKEY_LIMITS[name]),
  ) as [number, number, number];
  return { rekeyMessages: messages, rekeyBytes: bytes, rekeyMs: ms };
}
