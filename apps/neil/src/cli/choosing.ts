/**
 * What is asked on a terminal: the gaps of the actions, and yes or no. An answer that is not given (Escape, Ctrl-C) throws
 * `Left`.
 */
import { autocomplete, confirm, isCancel, text } from "@clack/prompts";
import fuzzysort from "fuzzysort";
import type { Name } from "../contract.js";
import type { Status } from "../domain/status.js";
import { Left, NeilError } from "../errors.js";
import { call } from "./call.js";
import type { Action, Gap } from "./codes.js";
import type { Parsed } from "./command.js";
import { allNames } from "./entries.js";
import { oneLine } from "./print.js";

const ESCAPE = "\u001b";
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

// What asks questions colours them on Node 20 whatever NO_COLOR says. Files and pipes get what was written.
function withoutColours(out: NodeJS.WriteStream): void {
  if (!out.isTTY) return;
  const write = out.write.bind(out) as (chunk: unknown, ...rest: unknown[]) => boolean;
  out.write = (chunk: unknown, ...rest: unknown[]) =>
    write(typeof chunk === "string" ? chunk.replace(COLOURS, "") : chunk, ...rest);
}

if (process.env.NO_COLOR) withoutColours(process.stdout);

export function askStatus(): Promise<Status> {
  return call((neil, options) => neil.status({}, options));
}

/** The action for the state that Neil is in: RUNNING or IDLE where there is none. */
export function fitting(actions: readonly Action[], { running }: Status): Action {
  const found = actions.find(({ when }) => when === undefined || (when === "running") === (running !== null));
  if (found !== undefined) return found;
  if (running !== null) throw new NeilError("RUNNING", `${oneLine(running.handle)} is running already`);
  throw new NeilError("IDLE", "nothing is running");
}

/** The words of an action: its own, and what was answered. */
export async function filled({ args, asks = [] }: Action, status: Status): Promise<string[]> {
  const words = [...args];
  for (const gap of asks) words.push(...(await GAPS[gap](status)));
  return words;
}

const GAPS: Readonly<Record<Gap, (status: Status) => Promise<string[]>>> = {
  task: async () => [await chosen("tasks", ({ state }) => state === "active")],
  "task never worked on": async () => [
    await chosen("tasks", ({ state, intervals }) => state === "active" && intervals === 0),
  ],
  project: async () => [await chosen("projects", ({ state }) => state === "active")],
  note: async () => (await typed("note:")).split(/\s+/).filter(Boolean),
  "note of what stops": async () => {
    const note = await typed("note of what stops:");
    return note === "" ? [] : ["--stop", note];
  },
  "new task": async () => [`${await chosen("projects", ({ state }) => state === "active")}/${await named("task:")}`],
  "new task beside what runs": async ({ running }) => {
    return [`${running?.client}/${running?.project}/${await named("task:")}`];
  },
  "new project": async () => [
    `${await chosen("clients", ({ state }) => state === "active")}/${await named("project:")}`,
  ],
  "new client": async () => {
    const abbrev = await named("abbreviation:");
    const [title, note] = [await typed("name, or nothing:"), await typed("note, or nothing:")];
    return [abbrev, ...(title === "" ? [] : ["--title", title]), ...(note === "" ? [] : ["--note", note])];
  },
  "client filter": async () => {
    const client = await chosen("clients", () => true, "all");
    return client === "" ? [] : [`client:${client}`];
  },
  "project filter": async () => {
    const [client, project] = (await chosen("projects", () => true, "all")).split("/");
    return project === undefined ? [] : [`client:${client}`, `project:${project}`];
  },
  "state filter": async () => [
    `state:${await pick(
      "which state?",
      ["active", "completed", "canceled"].map((state) => ({ value: state, label: state })),
    )}`,
  ],
};

/** One of the names that fit; "" for the word that means all of them, where there is one. */
async function chosen(kind: Name["kind"], fits: (name: Name) => boolean, all?: string): Promise<string> {
  const handles = (await allNames()).filter((name) => name.kind === kind && fits(name)).map(({ handle }) => handle);
  if (handles.length === 0)
    throw new NeilError("NOT_FOUND", `there are no ${kind} to choose from`, {
      advice: "type its handle: npx neil start client/project/task",
    });
  const options = handles.map((handle) => ({ value: handle, label: oneLine(handle) }));
  return await pick(
    `which ${kind.slice(0, -1)}?`,
    all === undefined ? options : [{ value: "", label: all }, ...options],
  );
}

/** One of the options, found by a few letters; two letters that are a code mean that one alone. */
export async function pick(message: string, options: { value: string; label: string }[]): Promise<string> {
  const fits = (search: string, { label = "" }: { label?: string }): boolean => {
    const begun = search.length === 2 && options.some((option) => option.label.startsWith(`${search} `));
    return begun ? label.startsWith(`${search} `) : search === "" || fuzzysort.single(search, label) !== null;
  };
  const validate = (value: unknown): string | undefined =>
    options.some((option) => option.value === value) ? undefined : "nothing is named so: other letters, or Escape";
  return given(await autocomplete({ message, options, maxItems: 12, filter: fits, validate }));
}

async function typed(message: string): Promise<string> {
  return given(await text({ message, defaultValue: "" })).trim();
}

// The word that has always meant that it was not meant.
async function named(message: string): Promise<string> {
  const validate = (value = ""): string | undefined => (value.trim() === "" ? "a name, or cancel" : undefined);
  const name = given(await text({ message, validate })).trim();
  if (name === "cancel") throw new Left();
  return name;
}

function given<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Left();
  return answer as Exclude<T, symbol>;
}

/** Whether it is to be done: asked where somebody is there to answer, and else no, unless --yes was said. */
export async function sure({ yes, mayAsk }: Parsed, question: string): Promise<boolean> {
  if (yes || !mayAsk) return yes;
  return given(await confirm({ message: oneLine(question), initialValue: false }));
}
