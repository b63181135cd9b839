/**
 * Runs the words of a command line: the one way from them to a command, for the shell and for the dash.
 */
import { NeilError } from "../errors.js";
import { spelledOut } from "./codes.js";
import { type Command, findCommand } from "./command.js";
import { parse } from "./parse.js";

/**
 * Gives the exit code; prints what the command has to say. Throws whatever is wrong. `alone` is false where somebody else
 * has the terminal: commands that need it for themselves are then refused with USAGE.
 */
export async function execute(
  commands: readonly Command[],
  args: readonly string[],
  { alone }: { readonly alone: boolean },
): Promise<number> {
  const { command, rest } = findCommand(commands, spelledOut(args));
  const parsed = parse(command, rest);
  if (parsed.help) {
    const { help } = await import("./run/help.js");
    console.log(help(commands, command));
    return 0;
  }
  if (command.alone && !alone) {
    throw new NeilError("USAGE", `${command.name} needs the terminal for itself`, {
      advice: `quit first, then: npx neil ${command.name}`,
    });
  }
  return await (await command.load())(parsed, commands);
}
