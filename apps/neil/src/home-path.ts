/** The folder of Neil's data and keys: `$NEIL_HOME`, or the platform's data folder; of a profile the one beside it. */
import { resolve } from "node:path";
import envPaths from "env-paths";
import { NeilError } from "./errors.js";

/** Throws USAGE where `$NEIL_PROFILE` is no name. */
export function homePath(): string {
  const { NEIL_HOME, NEIL_PROFILE } = process.env;
  const home = resolve(NEIL_HOME ? NEIL_HOME : envPaths("neil", { suffix: "" }).data);
  return NEIL_PROFILE ? `${home}-${profileName(NEIL_PROFILE)}` : home;
}

/** A name that can be the end of a folder's name. Throws USAGE. */
export function profileName(text: string): string {
  if (/^[A-Za-z0-9][\w-]{0,39}$/.test(text)) return text;
  throw new NeilError("USAGE", `a profile is a name of letters, digits, _ and -, got ${JSON.stringify(text)}`, {
    advice: "name it like --profile work",
  });
}
