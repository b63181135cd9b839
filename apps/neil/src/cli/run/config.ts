/** `neil config`: what is set for this device; sets it, and takes it away again. */
import { EXIT } from "../../errors.js";
import { homePath } from "../../home.js";
import { changeSetting, readSettings, SETTINGS } from "../../settings.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { columns } from "../print.js";
import { isDry, tellDone } from "./asking.js";

export async function config(parsed: Parsed): Promise<number> {
  const { command } = parsed;
  // `neil config week-start sunday` sets it too, and without a value shows it.
  const [first = ""] = parsed.words;
  if (Object.hasOwn(SETTINGS, first) && parsed.words.length === 1)
    return show(parsed, readSettings(homePath()), [first]);
  const words = Object.hasOwn(SETTINGS, first) ? ["set", ...parsed.words] : parsed.words;
  const [verb = "list", name, value] = words;
  const wanted = { list: 1, set: 3, rm: 2 }[verb];
  if (wanted === undefined) throw usage(command, `config takes list, set and rm, got "${verb}"`);
  if (words.length !== wanted && words.length > 0) {
    throw usage(command, `config ${verb} takes ${["no words", "a name", "a name and a value"][wanted - 1]}`);
  }
  const home = homePath();
  const set = name === undefined ? readSettings(home) : changeSetting(home, name, value, isDry(parsed));
  return show(parsed, set, Object.keys(SETTINGS));
}

function show(parsed: Parsed, set: Readonly<Record<string, string>>, names: readonly string[]): number {
  const rows = names.map((name) => [name, set[name] ?? SETTINGS[name]?.fallback ?? "", SETTINGS[name]?.about ?? ""]);
  tellDone(parsed, { settings: set }, columns(rows));
  return EXIT.ok;
}
