/**
 * The options that every command takes, and what they set for the whole run. Those that the environment has too are put
 * into it, so that whatever asks for the folder, the server or colours finds one answer.
 */
import { NeilError } from "../errors.js";
import { profileName } from "../home-path.js";
import { isPlace } from "../place.js";
import { DEFAULT_RPC_PORT } from "../ports.js";
import type { Option } from "./command.js";
import { beQuiet } from "./print.js";

export const COMMON: Readonly<Record<string, Option>> = {
  json: { about: "one line of JSON" },
  tz: { value: "ZONE", about: "the time zone of what is typed and shown; this machine's by default" },
  server: { value: "HOST:PORT", about: "the server that is called; $NEIL_URL says it too" },
  profile: { value: "NAME", about: "a folder of its own, with its own data and keys; $NEIL_PROFILE says it too" },
  quiet: { about: "prints nothing but errors; the exit code tells" },
  plain: { about: "no colours, no drawing, no questions" },
  "no-color": { about: "no colours; $NO_COLOR says it too" },
  yes: { about: "answers yes where it would ask" },
  help: { about: "what the command does" },
};

/** Makes them count. Throws USAGE for a profile that is no name, and a server that is nowhere. */
export function applyGlobals({ server, profile }: Readonly<Record<string, string>>, flags: ReadonlySet<string>): void {
  if (server !== undefined) process.env.NEIL_URL = place(server);
  if (profile !== undefined) process.env.NEIL_PROFILE = profileName(profile);
  if (flags.has("plain") || flags.has("no-color")) process.env.NO_COLOR = "1";
  if (flags.has("quiet")) beQuiet();
}

/** Refuses those that would hold for the whole process, which is another command's. Throws USAGE. */
export function refuseGlobals(values: Readonly<Record<string, string>>, flags: ReadonlySet<string>): void {
  const name = ["server", "profile", "quiet", "no-color"].find((name) => name in values || flags.has(name));
  if (name === undefined) return;
  throw new NeilError("USAGE", `--${name} is of the whole run`, { advice: `quit first, and say it there: --${name}` });
}

function place(text: string): string {
  if (isPlace(text)) return text;
  throw new NeilError("USAGE", `--server takes HOST:PORT, got "${text}"`, {
    advice: `write it like --server 127.0.0.1:${DEFAULT_RPC_PORT}`,
  });
}
