/** `neil stop`: the words are the note; a last word `done` completes the task and is not part of the note. */

import type { Parsed } from "../command.js";
import { stoppedText, workJson } from "../print.js";
import { asked, begin, momentOf, noteAndDone } from "./asking.js";

export async function stop(parsed: Parsed): Promise<number> {
  const { note, done } = noteAndDone(parsed.words, parsed.flag("done"));
  return await asked(
    parsed,
    "task/stop",
    { ...begin(parsed), note, done, ...momentOf(parsed, "at") },
    ({ intervals }) => {
      const [work] = intervals;
      if (work === undefined) return { data: { stopped: null, completed: done }, text: "it was stopped before" };
      const text = `${stoppedText(work)}${done ? ", completed" : ""}`;
      return { data: { stopped: workJson(work), completed: done }, text };
    },
  );
}
