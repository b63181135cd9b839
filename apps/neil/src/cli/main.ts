/**
 * The command line: finds the command, runs it, and turns whatever it throws into two lines and an exit code.
 */

import { explain, NeilError } from "../errors.js";
import { findCommand } from "./command.js";
import { commands } from "./commands.js";
import { parse } from "./parse.js";

async function main(args: readonly string[]): Promise<number> {
  const { command, rest } = findCommand(commands, args);
  const parsed = parse(command, rest);
  if (parsed.help) {
    const { help } = await import("./help.js");
    console.log(help(commands, command));
    return 0;
  }
  return await (await command.load())(parsed, commands);
}

const args = process.argv.slice(2);
// A reader that has seen enough (`neil report | head -1`) is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  process.exitCode = await main(args);
} catch (error) {
  const { code, message, advice, exit } = explain(error);
  console.error(`neil: ${message}\n      ${advice}`);
  if (exit === 70 && !(error instanceof NeilError)) console.error(error);
  if (args.includes("--json")) console.log(JSON.stringify({ error: { code, message, advice } }));
  process.exitCode = exit;
}
