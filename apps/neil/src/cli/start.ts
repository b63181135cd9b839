/** `neil start`: the first word names the task, words with a + are tags, the others are the note. */
import { randomUUID } from "node:crypto";
import { parseHandle } from "../domain/handle.js";
import { EXIT } from "../errors.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { print, timeText, timeZone, workJson, workText } from "./print.js";

const TAG = /^\+[^\s+]/;

export async function start({ words, json }: Parsed): Promise<number> {
  const [name = "", ...rest] = words;
  const input = {
    interval: randomUUID(),
    handle: parseHandle(name),
    note: rest.filter((word) => !TAG.test(word)).join(" "),
    tags: [...new Set(rest.filter((word) => TAG.test(word)).map((word) => word.slice(1)))],
    zone: timeZone(),
  };
  const { work, created } = await call((neil, options) => neil["task/start"](input, options));
  const news = created.length === 0 ? "" : `\nnew: ${created.join(", ")}`;
  print(
    json,
    { started: workJson(work), created },
    `${workText(work)} started at ${timeText(work.start, Date.now())}${news}`,
  );
  return EXIT.ok;
}
