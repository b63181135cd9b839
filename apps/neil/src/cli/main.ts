/**
 * The command line: finds the command, runs it, and turns whatever it throws into two lines and an exit code.
 */
import { plainLine } from "../domain/plain-line.js";
import { EXIT, explain, NeilError } from "../errors.js";
import { spelledOut } from "./codes.js";
import { findCommand } from "./command.js";
import { commands } from "./commands.js";
import { parse } from "./parse.js";

async function main(args: readonly string[]): Promise<number> {
  const { command, rest } = findCommand(commands, spelledOut(args));
  const parsed = parse(command, rest);
  if (parsed.help) {
    const { help } = await import("./run/help.js");
    console.log(help(commands, command));
    return 0;
  }
  return await (await command.load())(parsed, commands);
}

const args = process.argv.slice(2);
// A reader that has seen enough (`neil report | head -1`) is no fault of ours; a full disk behind it is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`neil: its output could not be written: ${error.code}\n      make room, or write it elsewhere`);
  process.exitCode = EXIT.internal;
});

try {
  process.exitCode = await main(args);
} catch (error) {
  const { code, message, advice, exit } = explain(error);
  // Whatever was quoted from outside: an error stays one line, and steers no terminal.
  console.error(`neil: ${plainLine(message)}\n      ${plainLine(advice)}`);
  if (exit === EXIT.internal && !(error instanceof NeilError)) console.error(error);
  if (args.includes("--json")) console.log(JSON.stringify({ error: { code, message, advice } }));
  process.exitCode = exit;
}
