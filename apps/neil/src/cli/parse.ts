/**
 * Takes a command's words and options apart, strictly: what the command does not know is refused with what is near.
 */
import { parseArgs } from "node:util";
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";
import type { Command, Parsed } from "./command.js";

export function parse(command: Command, args: readonly string[]): Parsed {
  const options = command.options ?? {};
  const known = ["json", "help", ...Object.keys(options)];
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(Object.keys(options).map((name) => [name, { type: "string" as const }])),
    },
  });
  const words: string[] = [];
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (!known.includes(name)) {
      const near = nearest(name, known);
      throw usage(command, `${command.name} has no option ${rawName}${near ? `; did you mean --${near}?` : ""}`);
    }
    const described = options[name];
    if (described === undefined) {
      if (value !== undefined) throw usage(command, `${rawName} takes no value, got "${value}"`);
      flags.add(name);
    } else if (value === undefined || value === "")
      throw usage(command, `${rawName} needs a value: ${described.value}`);
    else values[name] = value;
  }
  const [least, most] = command.words;
  if (!flags.has("help") && (words.length < least || words.length > most)) {
    const wanted =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
    throw usage(
      command,
      `${command.name} takes ${wanted} ${wanted.endsWith("1") ? "word" : "words"}, got ${words.length}`,
    );
  }
  return { command, words, options: values, json: flags.has("json"), help: flags.has("help") };
}

export function usage({ name, usage }: Command, what: string): NeilError {
  const advice = `usage: npx neil ${name}${usage === "" ? "" : ` ${usage}`}`;
  return new NeilError("USAGE", what, { advice });
}
