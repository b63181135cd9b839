/**
 * The command line: runs a command, and turns whatever it throws into two lines and an exit code.
 */
import { plainLine } from "../domain/plain-line.js";
import { EXIT, explain, Left, NeilError } from "../errors.js";
import { commands } from "./commands.js";
import { execute } from "./execute.js";

const args = process.argv.slice(2);
// A reader that has seen enough (`neil report | head -1`) is no fault of ours; a full disk behind it is.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`neil: its output could not be written: ${error.code}\n      make room, or write it elsewhere`);
  process.exitCode = EXIT.internal;
});

try {
  process.exitCode = await execute(commands, args, { alone: true });
} catch (error) {
  process.exitCode = ended(error);
}

function ended(error: unknown): number {
  if (error instanceof Left) return EXIT.interrupted;
  const { code, message, advice, exit } = explain(error);
  // Whatever was quoted from outside: an error stays one line, and steers no terminal.
  console.error(`neil: ${plainLine(message)}\n      ${plainLine(advice)}`);
  if (exit === EXIT.internal && !(error instanceof NeilError)) console.error(error);
  if (args.includes("--json")) console.log(JSON.stringify({ error: { code, message, advice } }));
  return exit;
}
