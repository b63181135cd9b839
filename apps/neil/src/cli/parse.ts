/**
 * Takes a command's words and options apart, strictly: what the command does not know is refused with what is near.
 */
import { nearest } from "@good-place/channel/misuse";
import { now } from "../clock.js";
import { NeilError } from "../errors.js";
import { homePath } from "../home-path.js";
import { settings } from "../settings.js";
import { readMinute } from "../time/duration.js";
import { checkZone } from "../time/zone.js";
import type { Command, Option, Parsed } from "./command.js";
import { applyGlobals, COMMON, refuseGlobals } from "./globals.js";
import { timeZone } from "./print.js";

/** Takes them apart; makes the options that every command takes count. `alone` as `execute` has it. Throws USAGE. */
export function parse(command: Command, args: readonly string[], alone: boolean): Parsed {
  const parsed = takeApart(command, args, alone);
  if (!parsed.help) checkCount(command, parsed.words.length);
  return parsed;
}

/** The same where words may still be missing. */
export function takeApart(command: Command, args: readonly string[], alone: boolean): Parsed {
  const known: Readonly<Record<string, Option>> = { ...COMMON, ...command.options };
  const words: string[] = [];
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (arg === "--") {
      words.push(...left.splice(0));
      continue;
    }
    const [, raw, name = "", given] = /^(--?([^=]+))(?:=(.*))?$/s.exec(arg) ?? [];
    if (raw === undefined || isWord(command, arg)) {
      words.push(arg);
      continue;
    }
    const option = name === "h" ? "help" : name;
    const described = Object.hasOwn(known, option) ? known[option] : undefined;
    if (described === undefined) throw unknownOption(command, raw, name, Object.keys(known));
    if (described.value === undefined) {
      if (given !== undefined) throw usage(command, `${raw} takes no value, got "${given}"`);
      flags.add(option);
      continue;
    }
    const value = given ?? left.shift();
    if (value === undefined || value === "") throw usage(command, `${raw} needs a value: ${described.value}`);
    values[option] = value;
  }
  if (alone) applyGlobals(values, flags);
  else refuseGlobals(values, flags);
  const set = settings(homePath());
  const zone = values.tz === undefined ? (set.zone ?? timeZone()) : checkZone(values.tz);
  const dayStart = minuteOption({ command, options: values }, "day-start") ?? set.dayStart;
  return {
    command,
    words,
    options: values,
    flag: (name) => flags.has(name),
    json: flags.has("json"),
    plain: flags.has("plain") || !alone,
    yes: flags.has("yes"),
    mayAsk: alone && mayAsk(flags),
    help: flags.has("help"),
    here: { now: now(), zone, dayStart, weekStart: set.weekStart },
  };
}

// Who reads JSON, or nothing, does not answer.
function mayAsk(flags: ReadonlySet<string>): boolean {
  const { stdin, stdout } = process;
  return stdin.isTTY === true && stdout.isTTY === true && !["json", "quiet", "plain"].some((name) => flags.has(name));
}

// "-15m" is a time, and after `neil tag` "-css" is a tag.
function isWord({ dashes = false }: Command, arg: string): boolean {
  return arg === "-" || /^-\d/.test(arg) || (dashes && /^-[^-h]|^-h./.test(arg));
}

function checkCount(command: Command, count: number): void {
  const [least, most] = command.words;
  if (count >= least && count <= most) return;
  const wanted =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  throw usage(command, `${command.name} takes ${wanted} ${wanted.endsWith("1") ? "word" : "words"}, got ${count}`);
}

function unknownOption(command: Command, raw: string, name: string, known: readonly string[]): NeilError {
  const near = nearest(name, known);
  return usage(command, `${command.name} has no option ${raw}${near ? `; did you mean --${near}?` : ""}`);
}

export function usage({ name, usage }: Command, what: string): NeilError {
  const advice = `usage: npx neil ${name}${usage === "" ? "" : ` ${usage}`}`;
  return new NeilError("USAGE", what, { advice });
}

/** The minute after midnight that an option names, like 4:00. */
export function minuteOption(
  { command, options }: Pick<Parsed, "command" | "options">,
  name: string,
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const minute = readMinute(text);
  if (minute === undefined) throw usage(command, `--${name} takes a time of the day, like 4:00; got "${text}"`);
  return minute;
}
