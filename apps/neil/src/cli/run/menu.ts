/**
 * `neil menu`: what can be done now, chosen by a few letters, again and again. The menu depends on whether work runs; what
 * is chosen runs as the command line would run it.
 */
import { emitKeypressEvents } from "node:readline";
import { EXIT, explain, Left, NeilError } from "../../errors.js";
import { askStatus, filled, pick } from "../choosing.js";
import { ACTIONS } from "../codes.js";
import { type Command, findCommand, type Parsed } from "../command.js";
import { parse } from "../parse.js";
import { oneLine } from "../print.js";

export async function menu({ command, mayAsk }: Parsed, all: readonly Command[]): Promise<number> {
  if (!mayAsk) {
    throw new NeilError("USAGE", `${command.name} needs a terminal`, {
      advice: "type the command itself: npx neil help",
    });
  }
  for (let args: readonly string[] | undefined; ; ) {
    try {
      args ??= await chosen();
    } catch (error) {
      // Who leaves a question of an action wants another action.
      if (error instanceof Left) continue;
      throw error;
    }
    if (args.length === 0) return EXIT.ok;
    await runOnce(args, all);
    process.stdout.write("cmd [h]ome, [r]erun: ");
    const next = await key();
    process.stdout.write("\n");
    if (next === "h") args = undefined;
    else if (next !== "r") return EXIT.ok;
  }
}

/** A command line; an empty one when the menu was left. */
async function chosen(): Promise<readonly string[]> {
  const status = await askStatus();
  const state = status.running === null ? "idle" : "running";
  const actions = ACTIONS.filter(({ when = state }) => when === state);
  const options = actions.map(({ code = "  ", about }, at) => ({ value: `${at}`, label: `${code} ${about}` }));
  const at = await pick("tell neil:", options).catch((error: unknown) => {
    if (error instanceof Left) return undefined;
    throw error;
  });
  const action = at === undefined ? undefined : actions[Number(at)];
  return action === undefined ? [] : await filled(action, status);
}

async function runOnce(args: readonly string[], all: readonly Command[]): Promise<void> {
  try {
    const { command, rest } = findCommand(all, args);
    await (await command.load())(parse(command, rest), all);
  } catch (error) {
    if (error instanceof Left) return;
    const { message, advice } = explain(error);
    console.error(`neil: ${oneLine(message)}\n      ${oneLine(advice)}`);
  }
}

/** The next key that is pressed. */
function key(): Promise<string | undefined> {
  const { stdin } = process;
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve) => {
    const done = (name: string | undefined): void => {
      stdin.off("keypress", pressed);
      stdin.off("end", gone);
      stdin.setRawMode(false);
      stdin.pause();
      resolve(name);
    };
    const pressed = (_: string | undefined, { name, ctrl }: { name?: string; ctrl?: boolean }): void => {
      done(ctrl ? undefined : name);
    };
    const gone = (): void => done(undefined);
    stdin.on("keypress", pressed);
    stdin.once("end", gone);
  });
}
