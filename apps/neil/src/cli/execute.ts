/**
 * Runs the words of a command line: the one way from them to a command, for the shell and for the dash.
 */
import { EXIT, NeilError } from "../errors.js";
import { type Command, findCommand } from "./command.js";
import { meant } from "./meaning.js";
import { parse } from "./parse.js";
import { say } from "./print.js";

/**
 * Gives the exit code; prints what the command has to say. Throws whatever is wrong. `alone` is false where somebody else
 * has the terminal and the process: nobody is asked then, and commands that need the terminal for themselves, and options
 * that hold for the whole process, are refused with USAGE.
 */
export async function execute(
  commands: readonly Command[],
  args: readonly string[],
  { alone }: { readonly alone: boolean },
): Promise<number> {
  const { command, rest } = findCommand(commands, await meant(commands, args, alone));
  const parsed = parse(command, rest, alone);
  if (parsed.help) {
    const { help } = await import("./run/help.js");
    say(help(commands, command));
    return EXIT.ok;
  }
  if (command.alone && !alone) {
    throw new NeilError("USAGE", `${command.name} needs the terminal for itself`, {
      advice: `quit first, then: npx neil ${command.name}`,
    });
  }
  return await (await command.load())(parsed, commands);
}
