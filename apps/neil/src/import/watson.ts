/**
 * Watson's `frames` file: a JSON array of frames, each `[start, stop, project, id, tags, updated]` with times in epoch
 * seconds (github.com/jazzband/Watson, watson/frames.py).
 */
import * as z from "zod/mini";
import { arrayOf } from "./json.js";
import { type Draft, type Reading, reading, type Setting, Wrong } from "./read.js";

const seconds = z.number().check(z.gte(0), z.lte(8.64e12));
const Frame = z.tuple(
  [
    seconds,
    seconds,
    z.string().check(z.minLength(1)),
    z.string().check(z.minLength(1), z.maxLength(100)),
    z.array(z.string()),
  ],
  z.unknown(),
);

/** The frames of a file; a project becomes `watson/PROJECT/work`. */
export function* watson(text: string, setting: Setting): Generator<Reading> {
  let number = 0;
  for (const frame of arrayOf(text, "Watson")) {
    number += 1;
    yield reading(`frame ${number}`, () => draftOf(frame, setting));
  }
}

function draftOf(frame: unknown, { naming }: Setting): Draft {
  const parsed = Frame.safeParse(frame);
  if (!parsed.success) {
    const { path = [], message = "it is no frame" } = parsed.error.issues[0] ?? {};
    throw new Wrong(path.length > 0 ? `field ${Number(path[0]) + 1}: ${message}` : message);
  }
  const [start, stop, project, id, tags] = parsed.data;
  return {
    id,
    handle: naming.handle(project),
    start: Math.round(start * 1000),
    end: Math.round(stop * 1000),
    note: "",
    tags,
  };
}
