/**
 * Watson's `frames` file: a JSON array of frames, each `[start, stop, project, id, tags, updated]` with times in epoch
 * seconds (github.com/jazzband/Watson, watson/frames.py).
 */
import * as z from "zod/mini";
import { HANDLE_PART, type Handle } from "../domain/handle.js";
import { NeilError } from "../errors.js";

const seconds = z.number().check(z.gte(0), z.lte(8.64e12));
const Frame = z
  .tuple(
    [
      seconds,
      seconds,
      z.string().check(z.minLength(1)),
      z.string().check(z.minLength(1), z.maxLength(100)),
      z.array(z.string()),
    ],
    z.unknown(),
  )
  .check(z.refine(([start, stop]) => stop >= start, "the frame stops before it starts"));

export interface ImportedInterval {
  readonly id: string;
  readonly handle: Handle;
  readonly start: number;
  readonly end: number;
  readonly note: string;
  readonly tags: string[];
}

/** The intervals of a frames file. A project becomes `watson/PROJECT/work`. Throws BAD_FILE, naming the frame. */
export function watsonIntervals(text: string, path: string): ImportedInterval[] {
  const names = new Map<string, string>();
  const frameOf = new Map<string, number>();
  // A byte order mark is no part of the JSON.
  return frames(text.replace(/^\uFEFF/, ""), path).map((frame, index) => {
    const parsed = Frame.safeParse(frame);
    if (!parsed.success) {
      const { path: at, message } = parsed.error.issues[0] ?? { path: [], message: "it is no frame" };
      throw new NeilError(
        "BAD_FILE",
        `${path}: frame ${index + 1}${at.length > 0 ? `, field ${Number(at[0]) + 1}` : ""}: ${message}`,
      );
    }
    const [start, stop, project, id, tags] = parsed.data;
    const name = handlePart(project);
    const other = names.get(name) ?? project;
    if (name === "" || other !== project) {
      const why = name === "" ? "has no letter or digit" : `would get the same name as "${other}"`;
      throw new NeilError(
        "BAD_FILE",
        `${path}: frame ${index + 1}: the project "${project}" ${why}; rename it in Watson`,
      );
    }
    names.set(name, project);
    const twin = frameOf.get(id);
    if (twin !== undefined) {
      throw new NeilError("BAD_FILE", `${path}: frame ${index + 1} has the same id as frame ${twin}: "${id}"`);
    }
    frameOf.set(id, index + 1);
    return {
      id: `watson:${id}`,
      handle: { client: "watson", project: name, task: "work" },
      start: Math.round(start * 1000),
      end: Math.round(stop * 1000),
      note: "",
      tags: tags.filter((tag) => tag !== ""),
    };
  });
}

function frames(text: string, path: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new NeilError("BAD_FILE", `${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (Array.isArray(parsed)) return parsed;
  throw new NeilError("BAD_FILE", `${path} is no Watson file: expected an array of frames`);
}

// The project's name as a part of a handle.
function handlePart(project: string): string {
  const part = project
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M}._+-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, "");
  // Cut between characters, not within one.
  return HANDLE_PART.test(part) ? part : Array.from(part).slice(0, 64).join("");
}
