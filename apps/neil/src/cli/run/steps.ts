/** `neil undo`, `neil redo`, and `neil away`: what to do with a stretch in which nobody was there. */
import type { Done } from "../../asks.js";
import { NeilError } from "../../errors.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { oneLine } from "../print.js";
import { asked, begin, generally } from "./asking.js";

export async function undo(parsed: Parsed): Promise<number> {
  return await retrace(parsed, "step/undo", "undone");
}

export async function redo(parsed: Parsed): Promise<number> {
  return await retrace(parsed, "step/redo", "done again");
}

// One command after the other: each is a command of its own, and what came before one that is refused stays.
async function retrace(parsed: Parsed, name: "step/undo" | "step/redo", what: string): Promise<number> {
  const [times = "1"] = parsed.words;
  if (!/^[1-9]\d{0,3}$/.test(times)) {
    throw usage(parsed.command, `${parsed.command.name} takes a number of commands, got "${times}"`);
  }
  const tell = (done: Done): { data: object; text: string } => {
    const { data, lines } = generally(done, parsed);
    return {
      data: { [name === "step/undo" ? "undone" : "redone"]: data },
      text: [oneLine(`${what}: ${done.act} ${done.about}`), ...lines].join("\n"),
    };
  };
  for (let n = 0; n < Number(times); n++) await asked(parsed, name, begin(parsed), tell);
  return 0;
}

const CHOICES = ["keep", "cut", "go-on", "move"] as const;

export async function away(parsed: Parsed): Promise<number> {
  const [word = "", handle] = parsed.words;
  const choice = CHOICES.find((each) => each === word);
  if (choice === undefined) throw usage(parsed.command, `away takes ${CHOICES.join(", ")}, got "${word}"`);
  if ((choice === "move") !== (handle !== undefined)) {
    throw new NeilError("USAGE", choice === "move" ? "move needs a task" : `${choice} takes no task`, {
      advice: "npx neil away move client/project/task",
    });
  }
  const id = parsed.options.id;
  const fields = { choice, ...(handle !== undefined && { handle }), ...(id !== undefined && { away: id }) };
  return await asked(parsed, "away/decide", { ...begin(parsed), ...fields }, (done) => {
    const { data, lines } = generally(done, parsed);
    return { data, text: choice === "keep" ? "it stays work" : lines.join("\n") };
  });
}
