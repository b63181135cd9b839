/**
 * Neil's own JSON, as `neil export json` writes it: an array of intervals with times in ISO 8601. And what the readers of
 * other programs' JSON share.
 */
import * as z from "zod/mini";
import { isZone } from "../time/zone.js";
import { type Draft, NotOfFormat, type Reading, reading, type Setting, Wrong } from "./read.js";

const time = z.iso.datetime({ offset: true });
const Item = z.object({
  id: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  client: z.string(),
  project: z.string(),
  task: z.string(),
  start: time,
  end: z.nullable(time),
  zone: z.optional(z.string()),
  note: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  billable: z.optional(z.boolean()),
});

export function* json(text: string, setting: Setting): Generator<Reading> {
  let number = 0;
  for (const item of arrayOf(text, "Neil")) {
    number += 1;
    yield reading(`interval ${number}`, () => draftOf(item, setting));
  }
}

function draftOf(item: unknown, { naming }: Setting): Draft {
  const { id, client, project, task, start, end, zone, note = "", tags = [], billable = true } = checked(Item, item);
  if (zone !== undefined && !isZone(zone)) throw new Wrong(`there is no time zone ${JSON.stringify(zone)}`);
  const handle = naming.handle(client, project, task);
  const times = { start: Date.parse(start), end: end === null ? null : Date.parse(end) };
  const said = { ...(id !== undefined && { id }), ...(zone !== undefined && { zone }) };
  return { ...said, handle, ...times, note, tags, billable };
}

/** The items of a JSON array. Throws NotOfFormat where it is none. */
export function arrayOf(text: string, program: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new NotOfFormat(`it is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (Array.isArray(parsed)) return parsed;
  throw new NotOfFormat(`it is no file of ${program}: expected an array in JSON`);
}

/** An item as its schema wants it. Throws Wrong, naming the field. */
export function checked<S extends z.ZodMiniType>(schema: S, item: unknown): z.output<S> {
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "it is wrong" };
  throw new Wrong(`${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
}
