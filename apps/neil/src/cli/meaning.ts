/**
 * What the arguments mean: a code of the first version is spelled out, and what is missing is asked for where somebody is
 * there to answer.
 */
import { type Action, actionsOf } from "./codes.js";
import { type Command, commandAt, findCommand } from "./command.js";
import { takeApart } from "./parse.js";

/** The arguments as a command line. Throws `Left` where what was asked was not answered. */
export async function meant(
  all: readonly Command[],
  args: readonly string[],
  alone: boolean,
): Promise<readonly string[]> {
  const at = commandAt(args);
  const actions = actionsOf(args[at] ?? "");
  const last = actions[actions.length - 1];
  if (last === undefined) return args;
  const spelled = (words: readonly string[]): string[] => args.toSpliced(at, 1, ...words);
  const { words, mayAsk, help } = apart(all, spelled(last.args), alone);
  const own = apart(all, last.args, alone).words.length;
  const [word] = words.slice(own);
  if (help) return spelled(last.args);
  if (word === undefined && mayAsk && last.asks !== undefined) return spelled(await asked(actions));
  // Of two meanings the state decides, where the words do not: a handle says what it names.
  if (word === undefined || word.includes("/") || actions.length === 1) return spelled(last.args);
  const { askStatus, fitting } = await import("./choosing.js");
  const status = await askStatus();
  const { running } = status;
  const line = spelled(fitting(actions, status).args);
  return running === null
    ? line
    : line.map((arg) => (arg === word ? `${running.client}/${running.project}/${arg}` : arg));
}

function apart(all: readonly Command[], args: readonly string[], alone: boolean): ReturnType<typeof takeApart> {
  const { command, rest } = findCommand(all, args);
  return takeApart(command, rest, alone);
}

async function asked(actions: readonly Action[]): Promise<string[]> {
  const { askStatus, filled, fitting } = await import("./choosing.js");
  const status = await askStatus();
  return await filled(fitting(actions, status), status);
}
