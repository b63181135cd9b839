/**
 * What the options of this package have in common beside their names.
 */
import { misuse } from "@good-place/channel/misuse";

/** The value of a numeric option, or its default. */
export function checkCount(where: string, name: string, value: unknown, fallback: number, least = 1): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  const came = typeof value === "number" ? value : typeof value;
  throw misuse("range", "BAD_OPTION", `${where}: ${name} must be an integer from ${least}, got ${came}`);
}
