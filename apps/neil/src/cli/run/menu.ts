/**
 * `neil menu`: what can be done now, chosen by a few letters, again and again. The menu depends on whether work runs; what
 * is chosen runs as the command line would run it.
 */
import { emitKeypressEvents } from "node:readline";
import { EXIT, explain, Left, NeilError } from "../../errors.js";
import { askStatus, filled, fitting, pick } from "../choosing.js";
import { ACTIONS, type Action } from "../codes.js";
import { type Command, findCommand, type Parsed } from "../command.js";
import { parse } from "../parse.js";
import { oneLine } from "../print.js";

export async function menu({ command, mayAsk }: Parsed, all: readonly Command[]): Promise<number> {
  if (!mayAsk) {
    throw new NeilError("USAGE", `${command.name} needs a terminal`, {
      advice: "type the command itself: npx neil help",
    });
  }
  for (let action: Action | undefined; ; ) {
    action ??= await chosen();
    if (action === undefined) return EXIT.ok;
    if (await ran(action, all)) {
      process.stdout.write("cmd [h]ome, [r]erun: ");
      const next = await key();
      process.stdout.write("\n");
      if (next === "r") continue;
      if (next !== "h") return EXIT.ok;
    }
    action = undefined;
  }
}

/** What the state allows; undefined when the menu was left. */
async function chosen(): Promise<Action | undefined> {
  const { running } = await askStatus();
  const state = running === null ? "idle" : "running";
  const actions = ACTIONS.filter(({ when = state }) => when === state);
  const options = actions.map(({ code = "  ", about }, at) => ({ value: `${at}`, label: `${code} ${about}` }));
  try {
    return actions[Number(await pick("tell neil:", options))];
  } catch (error) {
    if (error instanceof Left) return undefined;
    throw error;
  }
}

/** Asks what the action lacks, and runs it. False where a question was left: whoever does so wants another action. */
async function ran(action: Action, all: readonly Command[]): Promise<boolean> {
  try {
    const status = await askStatus();
    const { command, rest } = findCommand(all, await filled(fitting([action], status), status));
    await (await command.load())(parse(command, rest, true), all);
  } catch (error) {
    if (error instanceof Left) return false;
    const { message, advice } = explain(error);
    console.error(`neil: ${oneLine(message)}\n      ${oneLine(advice)}`);
  }
  return true;
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
