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
  // `neil config week-start sunday` sets it too.
  const words = Object.hasOwn(SETTINGS, parsed.words[0] ?? "") ? ["set", ...parsed.words] : parsed.words;
  const [verb = "list", name, value] = words;
  const wanted = { list: 1, set: 3, rm: 2 }[verb];
  if (wanted === undefined) throw usage(command, `config takes list, set and rm, got "${verb}"`);
  if (words.length !== wanted && words.length > 0) {
    throw usage(command, `config ${verb} takes ${["no words", "a name", "a name and a value"][wanted - 1]}`);
  }
  const home = homePath();
  const set = name === undefined ? readSettings(home) : changeSetting(home, name, value, isDry(parsed));
  const rows = Object.entries(SETTINGS).map(([each, { about, fallback }]) => [each, set[each] ?? fallback, about]);
  tellDone(parsed, { settings: set }, columns(rows));
  return EXIT.ok;
}
