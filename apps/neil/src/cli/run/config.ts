/** `neil config`: what is set for this device; sets it, and takes it away again. */
import { EXIT } from "../../errors.js";
import { homePath } from "../../home.js";
import { changeSetting, readSettings, SETTINGS } from "../../settings.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { columns, print } from "../print.js";

export async function config(parsed: Parsed): Promise<number> {
  const { command, json } = parsed;
  // `neil config week-start sunday` sets it too.
  const words = Object.hasOwn(SETTINGS, parsed.words[0] ?? "") ? ["set", ...parsed.words] : parsed.words;
  const [verb = "list", name, value] = words;
  const wanted = { list: 1, set: 3, rm: 2 }[verb];
  if (wanted === undefined) throw usage(command, `config takes list, set and rm, got "${verb}"`);
  if (words.length !== wanted && words.length > 0) {
    throw usage(command, `config ${verb} takes ${["no words", "a name", "a name and a value"][wanted - 1]}`);
  }
  const dry = parsed.flag("dry-run");
  const set = name === undefined ? readSettings(homePath()) : changeSetting(homePath(), name, value, dry);
  const rows = Object.entries(SETTINGS).map(([each, { about, fallback }]) => [each, set[each] ?? fallback, about]);
  const told = columns(rows);
  if (dry) print(json, { dryRun: true, settings: set }, `would do this, nothing was written:\n${told}`);
  else print(json, { settings: set }, told);
  return EXIT.ok;
}
