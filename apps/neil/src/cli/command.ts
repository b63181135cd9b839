/**
 * What a command is, and how the words of a command line find theirs.
 */
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";

/** What a command gets: its words and options, taken apart. */
export interface Parsed {
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly help: boolean;
}

/** Runs a command; gives the exit code. `all` is the table, for the commands that speak of it. */
export type Run = (parsed: Parsed, all: readonly Command[]) => Promise<number>;

export interface Command {
  readonly name: string;
  /** What stands behind the name, for people. */
  readonly usage: string;
  readonly summary: string;
  /** Options beside --json and --help; each takes a value. */
  readonly options?: Readonly<Record<string, { readonly value: string; readonly about: string }>>;
  /** How many words may follow the options. */
  readonly words: readonly [least: number, most: number];
  load(): Promise<Run>;
}

/** The command that the words name, and the words after it. A bare `neil` is the status. */
export function findCommand(
  commands: readonly Command[],
  args: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first = "status", ...others] = args;
  if (first === "--version" || first === "-v") return { command: named(commands, "version"), rest: others };
  if (first === "--help" || first === "-h") return { command: named(commands, "help"), rest: others };
  if (first.startsWith("-")) {
    // Options may stand before the command; alone they belong to the status: `neil --json`.
    const at = args.findIndex((word) => !word.startsWith("-"));
    if (at < 0) return { command: named(commands, "status"), rest: args };
    return { command: named(commands, args[at] ?? ""), rest: args.toSpliced(at, 1) };
  }
  return { command: named(commands, first), rest: others };
}

export function named(commands: readonly Command[], name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  throw new NeilError("USAGE", `there is no command "${name}"${near ? `; did you mean "${near}"?` : ""}`);
}
