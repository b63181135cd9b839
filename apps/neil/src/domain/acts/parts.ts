/**
 * What the payloads of acts are made of, and what several acts do alike. Every act takes a `command`, the id that its
 * client has made: the same command runs once. Fields that Neil's first acts did not have are optional, so that their
 * records still replay.
 */
import { type ActMaker, acts, type Meta } from "@good-place/shawn";
import * as z from "zod/mini";
import { isZone } from "../../time/zone.js";
import { type Change, clockText, intervalText } from "../change.js";
import { find, HANDLE_PART, type Handle } from "../handle.js";
import { refuseInterval } from "../locks.js";
import type { Client, Interval, Office, Project, Task } from "../office.js";
import { isPlainLine } from "../plain-line.js";
import { Refused } from "../refused.js";
import { overlapping } from "../timeline.js";

// The small build of zod brings no words with it, and an error without any helps nobody.
z.config(z.locales.en());

export const act: ActMaker<Office> = acts<Office>();

// It is shown in terminals, which controls would steer.
export const text = (longest: number): z.ZodMiniString =>
  z.string().check(z.maxLength(longest), z.refine(isPlainLine, "expected one line of text without controls"));
export const id: z.ZodMiniString = z.string().check(z.minLength(1), z.maxLength(200));
// Two spellings of one letter are one name.
export const part: z.ZodMiniString = z
  .string()
  .check(
    z.normalize("NFC"),
    z.regex(HANDLE_PART, "expected letters, digits and . _ + -, 64 at most, a letter or digit first"),
  );
export const time: z.ZodMiniNumberFormat = z.int().check(z.gte(0), z.lte(8.64e15));
export const tags: z.ZodMiniArray<z.ZodMiniString> = z.array(text(64).check(z.minLength(1))).check(z.maxLength(64));
const NOTE_LENGTH = 2000;
export const note: z.ZodMiniString = text(NOTE_LENGTH);
export const zone: z.ZodMiniString = text(64).check(z.refine(isZone, "expected a time zone of the IANA list"));

const handleSchema = (part: z.ZodMiniString) => z.strictObject({ client: part, project: part, task: part });
export const HandleSchema = handleSchema(part);

/** The words of a payload of which machines do not think alike: they know other zones, and other letters. */
export interface Words {
  readonly zone: z.ZodMiniString;
  readonly part: z.ZodMiniString;
  readonly handle: typeof HandleSchema;
}

// A letter may be two units of text.
const keptPart = text(128).check(z.regex(/^[^/\s]+$/));
const KEPT: Words = { zone: text(64).check(z.minLength(1)), part: keptPart, handle: handleSchema(keptPart) };

/**
 * The schema of a payload with such words, and that of what the journal keeps of it: what was good where it was confirmed
 * has to replay on another machine, and after an update of this one.
 */
export function portable<S>(schema: (words: Words) => S): { readonly schema: S; readonly kept: S } {
  return { schema: schema({ zone, part, handle: HandleSchema }), kept: schema(KEPT) };
}

/** What happens to intervals that are where a new one is to be: nothing, and it is refused; they are cut; or they are removed where they are covered. */
export const Clash = z.enum(["refuse", "trim", "replace"]);
export type Clash = z.output<typeof Clash>;

/** Several notes as one; cut where it is too long, but never within a character. */
export function joinedNote(notes: readonly string[]): string {
  const all = notes.filter((each) => each !== "").join("; ");
  return all.slice(0, NOTE_LENGTH).replace(/[\ud800-\udbff]$/, "");
}

/** How far the clock of a device may be ahead. */
export const FUTURE_MS = 120_000;

export function refuseFuture(at: number | null, meta: Meta, zone: string): void {
  if (at === null || at <= meta.at + FUTURE_MS) return;
  throw new Refused("BAD_INTERVAL", `${clockText(at, { zone })} is in the future`);
}

/** The interval as it was seen; CONFLICT, and who changed it, when it is another by now. */
export function seen(it: Change, id: string, rev: number): Interval {
  const interval = it.view.intervals.get(id);
  if (interval === undefined)
    throw new Refused("CONFLICT", `this interval is not there any more${changer(it.view, id)}`);
  if (interval.rev === rev) return it.row("intervals", id);
  const now = intervalText(it.view, interval);
  throw new Refused("CONFLICT", `this interval is another by now: ${now}${changer(it.view, id)}`);
}

function changer(office: Office, id: string): string {
  let last = "";
  for (const { act, by, at, changes } of office.steps) {
    if (changes.some((each) => each.id === id)) {
      last = `; ${act}${by === null ? "" : ` of ${by}`} at ${clockText(at, { zone: "UTC" })} UTC`;
    }
  }
  return last;
}

/** The task's id; it and what is above it are made where they are missing, with ids drawn from the act. */
export function ensureTask(it: Change, handle: Handle, seed: string): string {
  const { project, task } = find(it.view, handle);
  if (task !== undefined) return task.id;
  const above = project?.id ?? ensureProject(it, handle, seed);
  it.put("tasks", newTask(`${seed}.task`, above, handle.task, it.meta));
  return `${seed}.task`;
}

export function ensureProject(it: Change, handle: Pick<Handle, "client" | "project">, seed: string): string {
  const { client, project } = find(it.view, handle);
  if (project !== undefined) return project.id;
  const above = client?.id ?? ensureClient(it, handle, seed);
  it.put("projects", newProject(`${seed}.project`, above, handle.project, it.meta));
  return `${seed}.project`;
}

export function ensureClient(it: Change, handle: Pick<Handle, "client">, seed: string): string {
  const { client } = find(it.view, handle);
  if (client !== undefined) return client.id;
  it.put("clients", newClient(`${seed}.client`, handle.client, it.meta));
  return `${seed}.client`;
}

const NOWHERE = { street: "", city: "", zip: "", regId: "", vatId: "", legal: "" };

function newClient(id: string, abbrev: string, { at }: Meta): Client {
  return { id, rev: 0, abbrev, name: "", note: "", invoice: NOWHERE, state: "active", createdAt: at };
}

function newProject(id: string, client: string, name: string, { at }: Meta): Project {
  return { id, rev: 0, client, name, note: "", state: "active", createdAt: at };
}

function newTask(id: string, project: string, name: string, { at }: Meta): Task {
  return { id, rev: 0, project, name, note: "", state: "active", createdAt: at };
}

/**
 * Makes room for [start, end), `end` null for ever, among the intervals but for those of the ids. Where nothing may be
 * cut it does nothing, and the judgement of the change refuses the overlap.
 */
export function makeRoom(
  it: Change,
  { start, end }: Pick<Interval, "start" | "end">,
  clash: Clash,
  but: readonly string[],
): void {
  if (clash === "refuse") return;
  const until = end ?? Number.POSITIVE_INFINITY;
  for (const { id } of [...overlapping(it.view, start, until)]) {
    if (but.includes(id)) continue;
    refuseInterval(it.office, id);
    const other = it.row("intervals", id);
    const otherEnd = other.end ?? Number.POSITIVE_INFINITY;
    if (other.start >= start && otherEnd <= until) {
      if (clash === "replace") it.drop("intervals", id);
      else throw new Refused("OVERLAP", `it would cover ${intervalText(it.view, other)}, which is not trimmed away`);
    } else if (other.start >= start) it.put("intervals", { ...other, start: until });
    else {
      it.put("intervals", { ...other, end: start });
      if (otherEnd > until) it.put("intervals", { ...other, id: `${it.meta.id}.${id}`, start: until });
    }
  }
}
