/**
 * `mansion`, the command line: finds the command, runs it, and turns what it throws into one line and an exit code:
 * 0 all is well, 1 it failed, 2 it was called wrongly, 3 something is damaged.
 */

import { parseArgs } from "node:util";
import { suggestion } from "@good-place/channel/misuse";
import { MansionError } from "../errors.js";
import { type Command, exit, explained, plain, UsageError } from "./command.js";
import { commands } from "./commands.js";

async function main(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) return help();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`there is no command "${name}"${suggestion(name, Object.keys(commands))}`);
  }
  if (rest.includes("--help") || rest.includes("-h")) return help(command);
  const { values, positionals } = parsed(command, rest);
  const [path] = positionals;
  if (path === undefined || path === "") throw new UsageError(`PATH is missing: mansion ${command.usage}`);
  if (positionals.length > command.words) {
    throw new UsageError(`"${positionals[command.words]}" is one word too many: mansion ${command.usage}`);
  }
  return command.run({ words: positionals, options: values as Record<string, string | boolean>, path });
}

function parsed(command: Command, args: readonly string[]): { values: object; positionals: string[] } {
  const entries = Object.entries(command.options).map(([name, kind]) => {
    return [name, { type: kind === "flag" ? ("boolean" as const) : ("string" as const) }] as const;
  });
  const unknown = args
    .map((word) => /^--([^=]+)/.exec(word)?.[1])
    .find((word) => word !== undefined && !(word in command.options));
  if (unknown !== undefined) {
    const known = Object.keys(command.options);
    throw new UsageError(`there is no option "--${unknown}"${suggestion(unknown, known)}: mansion ${command.usage}`);
  }
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(entries), allowPositionals: true });
  } catch (thrown) {
    throw new UsageError(`${explained(thrown)}: mansion ${command.usage}`);
  }
}

function help(command?: Command): number {
  const shown = command === undefined ? Object.values(commands) : [command];
  const lines = shown.map(({ usage, does }) => `  mansion ${usage}\n      ${does}`);
  const about = "Looks after a mansion: the folder that the journals of a store live in.";
  const codes = "Ends with 0: all is well, 1: it failed, 2: it was called wrongly, 3: something is damaged.";
  process.stdout.write(`${[about, ...lines, codes].join("\n\n")}\n`);
  return exit.ok;
}

// A reader that has seen enough (`mansion export ... | head`) is no fault; a full disk behind it is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exit.ok);
  process.stderr.write(`mansion: its output could not be written: ${error.code}\n`);
  process.exit(exit.failed);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const usage = thrown instanceof UsageError;
  const advice = usage ? "; mansion help says more" : "";
  process.stderr.write(`mansion: ${plain(explained(thrown))}${advice}\n`);
  const damaged = thrown instanceof MansionError && /_CORRUPT$/.test(thrown.code);
  process.exitCode = usage ? exit.usage : damaged ? exit.damaged : exit.failed;
}
