/** Countries by their two letters. */
import type { Command } from "./command.js";
import { usage } from "./parse.js";

// Groups of countries, and none.
const NO_COUNTRY = /^(EU|EZ|QO|UN|XA|XB|ZZ)$/;

/** The letters of a country in capitals, and UK as GB; "" for "-". Throws USAGE. */
export function countryOf(command: Command, text: string): string {
  if (text === "-") return "";
  const region = /^[A-Za-z]{2}$/.test(text) ? new Intl.Locale(`und-${text}`).region : undefined;
  const name = region && new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of(region);
  if (region !== undefined && name !== undefined && !NO_COUNTRY.test(region)) return region;
  throw usage(command, `--country takes the two letters of a country, like CZ; got "${text}"`);
}
