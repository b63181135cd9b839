/**
 * What waits for the server, and what it has refused when it came: one file each, in `queue/` and `inbox/`, numbered in
 * their order. A file is there whole or not at all, and it is durable before anybody is told that it waits.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { AskName } from "../asks.js";
import { NeilError } from "../errors.js";

export interface Waiting {
  readonly name: Exclude<AskName, "interval/import">;
  readonly input: unknown;
  /** When it was typed. */
  readonly at: number;
}

/** A file of the queue or the inbox, with its name. */
export type Filed<T> = T & { readonly file: string };

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export function enqueue(home: string, waiting: Waiting): void {
  const folder = join(home, "queue");
  const last = names(folder).pop();
  const number = last === undefined ? 1 : Number(last.slice(0, 8)) + 1;
  const { command } = waiting.input as { command: string };
  write(folder, `${String(number).padStart(8, "0")}-${command}.json`, waiting);
}

/** What waits, the oldest first. */
export function queued(home: string): Filed<Waiting>[] {
  return read<Waiting>(join(home, "queue"));
}

/** The interval that runs once the queue is settled, if a command in it begins one: the command's id is the interval's. */
export function begunInQueue(home: string): string | undefined {
  try {
    const last = queued(home).findLast(({ name }) => name.startsWith("task/"));
    return last === undefined || last.name === "task/stop" ? undefined : (last.input as { command: string }).command;
  } catch {
    // A file that is damaged is told of when the queue is settled; this command is not lost over it.
    return undefined;
  }
}

/** What was refused, the oldest first. */
export function refused(home: string): Filed<Waiting & Refusal>[] {
  return read<Waiting & Refusal>(join(home, "inbox"));
}

/** The server has it. */
export function settle(home: string, { file }: Filed<object>): void {
  rmSync(join(home, "queue", file), { force: true });
}

/** The server will not have it: it goes to the inbox, which has it before the queue has lost it. */
export function refuse(home: string, { file, ...waiting }: Filed<Waiting>, refusal: Refusal): void {
  write(join(home, "inbox"), file, { ...waiting, ...refusal });
  settle(home, { file });
}

/** Takes it out of the inbox. */
export function forget(home: string, { file }: Filed<object>): void {
  rmSync(join(home, "inbox", file), { force: true });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function read<T extends object>(folder: string): Filed<T>[] {
  const found: Filed<T>[] = [];
  for (const file of names(folder)) {
    let text: string;
    try {
      text = readFileSync(join(folder, file), "utf8");
    } catch (error) {
      // Another command has settled it meanwhile.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw error;
    }
    found.push({ ...parsed<T>(text, join(folder, file)), file });
  }
  return found;
}

function parsed<T>(text: string, path: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const advice = "look at it, then move it away";
    throw new NeilError("QUEUE_DAMAGED", `the queued command in ${path} is damaged`, { cause, advice });
  }
}

function write(folder: string, name: string, content: object): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${name}.${process.pid}.new`);
  const file = openSync(draft, "w", 0o600);
  try {
    writeSync(file, `${JSON.stringify(content)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, join(folder, name));
  const directory = openSync(folder, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
