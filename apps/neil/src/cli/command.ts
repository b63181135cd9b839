/**
 * What a command is, and how the words of a command line find theirs.
 */
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";
import type { Here } from "../time/calendar.js";
import { COMMON } from "./globals.js";

/** What a command gets: its words and options, taken apart. */
export interface Parsed {
  readonly command: Command;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
  /** Was the flag given? Only those that the command has can be asked for. */
  flag(name: string): boolean;
  readonly json: boolean;
  /** Nothing is drawn. */
  readonly plain: boolean;
  /** What would be asked is taken to be answered with yes. */
  readonly yes: boolean;
  /** Somebody is there to answer questions. */
  readonly mayAsk: boolean;
  readonly help: boolean;
  /** Now, and the zone in which times are read and shown: that of --tz, or the machine's. */
  readonly here: Here;
}

/** Runs a command; gives the exit code. `all` is the table, for the commands that speak of it. */
export type Run = (parsed: Parsed, all: readonly Command[]) => Promise<number>;

export interface Option {
  /** What the value is, for people. Without it the option is a flag. */
  readonly value?: string;
  readonly about: string;
}

export interface Command {
  readonly name: string;
  /** What stands behind the name, for people. */
  readonly usage: string;
  /** One line, of 62 characters at most. */
  readonly summary: string;
  /** What else is to be said of it. */
  readonly more?: string;
  /** The heading under which help lists it. */
  readonly group?: string;
  /** A line that can be typed. */
  readonly example?: string;
  /** Options beside those that every command takes. */
  readonly options?: Readonly<Record<string, Option>>;
  /** How many words may follow the options. */
  readonly words: readonly [least: number, most: number];
  /** Words that begin with a dash are words: `neil tag -css`. */
  readonly dashes?: boolean;
  /** It needs the terminal for itself, or never ends: the dash cannot run it. */
  readonly alone?: boolean;
  load(): Promise<Run>;
}

/** The command that the words name, and the words beside it. A bare `neil` is the status. Options may stand before it. */
export function findCommand(
  commands: readonly Command[],
  args: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const [first] = args;
  if (first === "--version" || first === "-v") return { command: named(commands, "version"), rest: args.slice(1) };
  if (first === "--help" || first === "-h") return { command: named(commands, "help"), rest: args.slice(1) };
  const at = commandAt(args);
  if (at < 0) return { command: named(commands, "status"), rest: args };
  return { command: named(commands, args[at] ?? ""), rest: args.toSpliced(at, 1) };
}

/** Where the command stands among the words; -1 where there is none. */
export function commandAt(args: readonly string[]): number {
  const isValue = (before = ""): boolean => before.startsWith("--") && COMMON[before.slice(2)]?.value !== undefined;
  return args.findIndex((word, index) => !word.startsWith("-") && !isValue(args[index - 1]));
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
