/**
 * Names across programs. Neil names a task in three levels, others in one or two, or by a tag. What a name leaves out is
 * filled in, and left out again on the way back: the format as the client, "other" as the project, "work" as the task.
 */
import { HANDLE_PART } from "../domain/handle.js";
import { Wrong } from "./read.js";

const UNNAMED = "other";
const TASK = "work";

export interface Naming {
  /** The handle of a name, given by its levels from the client down; a lone one is a project. Throws Wrong. */
  handle(...levels: readonly string[]): string;
  /** Whether the user has said what this name becomes. */
  maps(name: string): boolean;
  /** The names of which the user has said so, and which were not met so far. */
  unmet(): string[];
}

/** `map` says what a name, its levels joined by "/", becomes. */
export function namingOf(format: string, map: ReadonlyMap<string, string>): Naming {
  const owners = new Map<string, string>();
  const known = new Map<string, string>();

  function handleFor(name: string, levels: readonly string[]): string {
    const mapped = map.get(name)?.split("/");
    const [client = format, project = UNNAMED, task = TASK, ...more] = filled(mapped ?? levels);
    const last = more.length === 0 ? task : [task, ...more].join("-");
    const handle = [client, project, last].map((part) => partOf(part)).join("/");
    const owner = owners.get(handle);
    // Names that the user has put together may meet.
    if (owner !== undefined && owner !== name && mapped === undefined) {
      throw new Wrong(
        `"${name}" would get the same name as "${owner}", ${handle}: rename one, or say --map "${name}=..."`,
      );
    }
    if (mapped === undefined) owners.set(handle, name);
    return handle;
  }

  return {
    handle(...levels) {
      const name = levels.filter((level) => level.trim() !== "").join("/");
      const handle = known.get(name) ?? handleFor(name, levels);
      known.set(name, handle);
      return handle;
    },
    maps: (name) => map.has(name),
    unmet: () => [...map.keys()].filter((name) => !known.has(name)),
  };
}

/** The levels by which a format names a task that Neil has: the way back. */
export function levelsOf(format: string, { client, project, task }: NamedTask): string[] {
  if (task !== TASK) return [client, project, task];
  if (client !== format) return [client, project];
  return project === UNNAMED ? [] : [project];
}

export interface NamedTask {
  readonly client: string;
  readonly project: string;
  readonly task: string;
}

export function isHandle(text: string): boolean {
  const parts = text.split("/");
  return parts.length === 3 && parts.every((part) => HANDLE_PART.test(part));
}

// An empty level is one that was left out; a lone one is the project.
function filled(levels: readonly string[]): (string | undefined)[] {
  const given = levels.map((level) => (level.trim() === "" ? undefined : level));
  return given.length === 1 ? [undefined, ...given] : given;
}

// A name as a part of a handle: whatever cannot stand there becomes a dash.
function partOf(name: string): string {
  const part = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M}._+-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, "");
  // Cut between characters, not within one.
  const cut = HANDLE_PART.test(part) ? part : Array.from(part).slice(0, 64).join("");
  if (!HANDLE_PART.test(cut)) throw new Wrong(`the name "${name}" has no letter or digit`);
  return cut;
}
