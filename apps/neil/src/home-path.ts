/** The folder of Neil's data and keys: `$NEIL_HOME`, or the platform's data folder. */
import { resolve } from "node:path";
import envPaths from "env-paths";

export function homePath(): string {
  const { NEIL_HOME } = process.env;
  return resolve(NEIL_HOME ? NEIL_HOME : envPaths("neil", { suffix: "" }).data);
}
