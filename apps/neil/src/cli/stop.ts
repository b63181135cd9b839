/** `neil stop`: the words are the note; a last word `done` completes the task and is not part of the note. */

import { clock } from "../domain/report.js";
import { EXIT } from "../errors.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { print, workJson, workText } from "./print.js";

export async function stop({ words, json }: Parsed): Promise<number> {
  const done = words[words.length - 1]?.toLowerCase() === "done";
  const note = (done ? words.slice(0, -1) : words).join(" ");
  const work = await call((neil, options) => neil["task/stop"]({ note, done }, options));
  print(
    json,
    { stopped: workJson(work), completed: done },
    `${workText(work)} stopped after ${clock(work.ms)}${done ? ", completed" : ""}`,
  );
  return EXIT.ok;
}
