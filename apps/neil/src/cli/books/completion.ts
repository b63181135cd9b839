/**
 * `neil completion` prints what a shell runs to complete words, and `neil complete` answers it: from the table of commands,
 * and for handles from the server. So each shell's script is a few lines, and knows nothing that could get old.
 */
import { EXIT } from "../../errors.js";
import { PERIOD_NAMES } from "../../time/period.js";
import { type Command, commandAt, type Option, type Parsed } from "../command.js";
import { allInvoices, allNames } from "../entries.js";
import { filterValues, OFFERED } from "../filter.js";
import { COMMON } from "../globals.js";
import { say } from "../print.js";
import { choice } from "./options.js";

// Bash takes a colon for the end of a word: what stands before one is cut off again.
const BASH = `_neil() {
  local line=\${COMP_LINE:0:COMP_POINT} words current
  IFS=$' \\t\\n' read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[\${#words[@]}-1]}
  local IFS=$'\\n'
  COMPREPLY=($(neil complete -- "\${words[@]:1}" 2>/dev/null))
  [[ $current == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%:*}:"}")
}
complete -o default -F _neil neil`;

const ZSH = `#compdef neil
_neil() {
  local -a found
  found=(\${(f)"$(neil complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
compdef _neil neil`;

const FISH = `complete -c neil -n 'not __fish_seen_subcommand_from import export' -f
complete -c neil -a '(neil complete -- (commandline -opc | tail -n +2) (commandline -ct | string collect -a))'`;

const SHELLS = { bash: BASH, zsh: ZSH, fish: FISH };

export async function completion({ command, words: [shell = ""] }: Parsed): Promise<number> {
  const known = choice(command, "completion", shell, Object.keys(SHELLS) as (keyof typeof SHELLS)[]);
  say(SHELLS[known]);
  return EXIT.ok;
}

export async function complete({ words, json }: Parsed, all: readonly Command[]): Promise<number> {
  // The options that stand before a command change nothing about what it takes.
  const at = commandAt(words);
  const found = await candidates(words.slice(at < 0 ? -1 : at), all);
  const current = words.at(-1) ?? "";
  const fitting = [...new Set(found)].filter((word) => word.startsWith(current)).sort();
  if (json) say(JSON.stringify({ candidates: fitting }));
  else if (fitting.length > 0) say(fitting.join("\n"));
  return EXIT.ok;
}

async function candidates(words: readonly string[], all: readonly Command[]): Promise<readonly string[]> {
  const [name = "", ...rest] = words;
  if (rest.length === 0 && name.startsWith("-")) return Object.keys(COMMON).map((option) => `--${option}`);
  if (rest.length === 0) return all.filter(({ name }) => name !== "complete").map(({ name }) => name);
  const command = all.find((each) => each.name === name);
  if (command === undefined) return [];
  const options: Readonly<Record<string, Option>> = { ...COMMON, ...command.options };
  const current = rest.at(-1) ?? "";
  const before = rest.at(-2) ?? "";
  const value = before.startsWith("--") ? options[before.slice(2)]?.value : undefined;
  if (value !== undefined) return listed(choices(value), current);
  if (current.startsWith("-"))
    return Object.keys(options).map((name) => (name.length === 1 ? `-${name}` : `--${name}`));
  return await plain(command, rest, options, all);
}

// The words of a command, by its usage: alternatives are said there, the others have names.
async function plain(
  command: Command,
  rest: readonly string[],
  options: Readonly<Record<string, Option>>,
  all: readonly Command[],
): Promise<readonly string[]> {
  const taken = rest.slice(0, -1).filter((word, index) => {
    const before = rest[index - 1] ?? "";
    return !word.startsWith("--") && !(before.startsWith("--") && options[before.slice(2)]?.value !== undefined);
  });
  const { usage } = command;
  const first = taken.length === 0 ? alternatives(usage) : [];
  if (first.length > 0) return usage.includes("SETTING") ? [...first, ...(await settingsOf(taken))] : first;
  const found: string[] = [];
  if (usage.includes("SETTING")) found.push(...(await settingsOf(taken)));
  if (command.name === "help") found.push(...all.map(({ name }) => name));
  if (usage.includes("PERIOD")) found.push(...PERIOD_NAMES);
  if (usage.includes("FILTER")) found.push(...OFFERED, ...(await valuesOf(rest.at(-1) ?? "")));
  if (/HANDLE|CLIENT|PROJECT|TASK/.test(usage))
    found.push(...(await handles()), ...(usage.includes("default") ? ["default"] : []));
  if (usage.includes("INVOICE")) found.push(...(await invoices()));
  return found;
}

async function settingsOf(taken: readonly string[]): Promise<string[]> {
  const { SETTINGS } = await import("../../settings.js");
  const [name = ""] = taken[0] === "set" || taken[0] === "rm" ? taken.slice(1) : taken;
  return name === "" ? Object.keys(SETTINGS) : choices(SETTINGS[name]?.value ?? "");
}

// "[set HANDLE | rm HANDLE]" and "csv|json [PERIOD]": the words that one may begin with.
function alternatives(usage: string): string[] {
  const [, verbs] = /^\[([a-z].*?)\](?:\s|$)/.exec(usage) ?? [];
  if (verbs !== undefined)
    return verbs
      .split(" | ")
      .map((part) => part.trim().split(" ")[0] ?? "")
      .filter((word) => /^[a-z]+$/.test(word));
  return choices(usage.split(" ", 1)[0] ?? "");
}

function choices(text: string): string[] {
  return /^[a-z-]+(?:\|[a-z-]+)+$/.test(text) ? text.split("|") : [];
}

// More than one with commas: the last is what is being typed.
function listed(words: readonly string[], current: string): string[] {
  const done = current.slice(0, current.lastIndexOf(",") + 1);
  return words.map((word) => done + word);
}

async function valuesOf(current: string): Promise<string[]> {
  const key = current.slice(0, current.indexOf(":"));
  const level = ["client", "project", "task"].indexOf(key);
  if (level < 0) return filterValues(key, PERIOD_NAMES).map((value) => `${key}:${value}`);
  const parts = (await handles()).map((handle) => handle.split("/")[level]).filter((part) => part !== undefined);
  return parts.map((part) => `${key}:${part}`);
}

async function handles(): Promise<string[]> {
  return (await orNone(allNames)).map(({ handle }) => handle);
}

async function invoices(): Promise<string[]> {
  const today = new Date().toISOString().slice(0, 10);
  return (await orNone(() => allInvoices(today))).map(({ number }) => number);
}

// Whoever presses a key wants no error: without a server there are none.
async function orNone<T>(ask: () => Promise<T[]>): Promise<T[]> {
  try {
    return await ask();
  } catch {
    return [];
  }
}
