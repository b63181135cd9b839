/**
 * What the commands that change something have in common: their words, and how what was done is told.
 */
import { randomUUID } from "node:crypto";
import type { Ask, AskName, Done } from "../../asks.js";
import { EXIT, explain } from "../../errors.js";
import { type Moment, parseMoment } from "../../time/moment.js";
import { ask } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { notice, print, spanText, workJson } from "../print.js";

/** A last word `done`, or the flag, completes the task and is no part of the note. */
export function noteAndDone(words: readonly string[], flag: boolean): { note: string; done: boolean } {
  const said = words[words.length - 1]?.toLowerCase() === "done";
  return { note: (said ? words.slice(0, -1) : words).join(" "), done: said || flag };
}

/** The moment that an option says. */
export function momentOf({ options, here }: Parsed, name: string): { at?: number } {
  const text = options[name];
  return text === undefined ? {} : { at: told(parseMoment(text, here)) };
}

export function told({ at, notice: said }: Moment): number {
  if (said !== undefined) notice(said);
  return at;
}

/** What happens to intervals that are in the way. */
export function clashOf(parsed: Parsed): "refuse" | "trim" | "replace" {
  const { command } = parsed;
  if (parsed.flag("trim") && parsed.flag("replace")) throw usage(command, "--trim and --replace exclude each other");
  return parsed.flag("trim") ? "trim" : parsed.flag("replace") ? "replace" : "refuse";
}

/** What every ask begins with. */
export function begin(parsed: Parsed): { command: string; dryRun?: boolean } {
  return { command: randomUUID(), ...(isDry(parsed) && { dryRun: true }) };
}

type Tell = (done: Done) => { readonly data: object; readonly text: string };

/** Asks, and tells what came of it: what was done, or that it waits. */
export async function asked<Name extends Exclude<AskName, "interval/import">>(
  parsed: Parsed,
  name: Name,
  input: Ask<Name>,
  tell: Tell = (done) => whole(done, parsed),
): Promise<number> {
  const outcome = await ask(name, input, parsed.here.now).catch(async (error: unknown) => {
    // Nothing was done yet: the same command may be asked for anew.
    if (!("create" in input) || !(await wanted(parsed, error))) throw error;
    return await ask(name, { ...input, create: true }, parsed.here.now);
  });
  if ("queued" in outcome) {
    notice("the server is not reachable; it is queued, and will be done as of now when the server is back");
    if (parsed.json) print(true, { queued: true, command: (input as { command: string }).command }, "");
    return EXIT.ok;
  }
  const { data, text } = tell(outcome.done);
  tellDone(parsed, data, text);
  return EXIT.ok;
}

// A name that is nearly another is mostly a slip.
async function wanted(parsed: Parsed, error: unknown): Promise<boolean> {
  const { code, message } = explain(error);
  if (code !== "NEAR_NAME" || !(parsed.yes || parsed.mayAsk)) return false;
  const { sure } = await import("../choosing.js");
  return await sure(parsed, `${message}. Make it all the same?`);
}

/** Tells what was done, or would be. */
export function tellDone(parsed: Parsed, data: object, text: string): void {
  const dry = isDry(parsed);
  print(
    parsed.json,
    dry ? { dryRun: true, ...data } : data,
    dry ? `would do this, nothing was written:\n${text}` : text,
  );
}

/** Whether nothing is to be written. */
export function isDry(parsed: Parsed): boolean {
  const { options } = parsed.command;
  return options !== undefined && "dry-run" in options && parsed.flag("dry-run");
}

/** Everything that was done, a line each. */
export function generally(done: Done, { here }: Parsed): { data: object; lines: string[] } {
  const { created, names, intervals, removed, more } = done;
  const lines = [
    ...names.map(({ handle, state }) => `${handle}: ${state}`),
    ...intervals.map((work) => spanText(work, here)),
    ...removed.map((work) => `gone: ${spanText(work, here)}`),
    ...(created.length === 0 ? [] : [`new: ${created.join(", ")}`]),
    ...(more === 0 ? [] : [`and ${more} more`]),
  ];
  return { data: doneJson(done), lines };
}

function whole(done: Done, parsed: Parsed): { data: object; text: string } {
  const { data, lines } = generally(done, parsed);
  return { data, text: lines.length === 0 ? "nothing changed" : lines.join("\n") };
}

export function doneJson({ intervals, removed, ...done }: Done): object {
  return { ...done, intervals: intervals.map(workJson), removed: removed.map(workJson) };
}
