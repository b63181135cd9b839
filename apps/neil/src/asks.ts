/**
 * What can be asked of the server that changes something: the inputs as people say them, with handles as they were typed
 * and intervals by their place or the beginning of their id. All of them are answered with what was done.
 * Invariant: the client makes the `command` id, and the same command is run once, whenever and however often it comes; so
 * every ask may be sent again, and kept in a queue until there is a server.
 */
import * as z from "zod/mini";
import { ImportIntervals } from "./domain/acts/intervals.js";
import { Day, PeriodSchema, TermsFields } from "./domain/acts/invoices.js";
import { DaySchema } from "./domain/acts/money.js";
import { Kind } from "./domain/acts/names.js";
import { Clash, note, part, tags, text, time, zone } from "./domain/acts/parts.js";

const command = z.string().check(z.minLength(1), z.maxLength(120));
const words = text(200);

const ask = {
  command,
  /** Finds out whether it would be refused, and writes nothing. */
  dryRun: z.optional(z.boolean()),
};

/** An interval: "@1" is the newest, "@" what runs, anything else the beginning of an id; `rev` as it was seen, if it was. */
const Ref = z.strictObject({ ref: text(200), rev: z.optional(z.int()) });

const start = {
  ...ask,
  handle: words,
  /** Only this very handle, made where it is not there: no beginning of another is meant. */
  create: z.boolean(),
  note,
  tags,
  zone,
  at: z.optional(time),
  clash: z.optional(Clash),
};

const { at: _at, ...placed } = start;

/** An invoice by its number, a draft by its name, and the day on which it is issued, canceled or paid. */
const invoice = { ...ask, number: words, day: Day };

const stop = {
  note,
  done: z.boolean(),
  /** The interval that is meant, where it is known; without it what runs. */
  interval: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
};

export const asks = {
  "task/start": z.strictObject(start),
  /** Stops what runs when the call arrives, if it is what is meant. */
  "task/stop": z.strictObject({ ...ask, ...stop, at: z.optional(time) }),
  "task/switch": z.strictObject({ ...start, stop: z.strictObject(stop) }),
  "interval/add": z.strictObject({ ...placed, start: time, end: time }),
  "interval/edit": z.strictObject({
    ...ask,
    interval: Ref,
    start: z.optional(time),
    end: z.optional(z.nullable(time)),
    handle: z.optional(words),
    note: z.optional(note),
    /** Tags that come and go; `tags` says all of them. */
    tags: z.optional(tags),
    addTags: z.optional(tags),
    dropTags: z.optional(tags),
    billable: z.optional(z.boolean()),
    /** Later, or earlier where it is negative. */
    shiftMs: z.optional(z.int()),
    clash: Clash,
  }),
  "interval/split": z.strictObject({ ...ask, interval: Ref, at: z.array(time).check(z.maxLength(100)) }),
  "interval/join": z.strictObject({ ...ask, intervals: z.array(Ref).check(z.maxLength(100)) }),
  "interval/remove": z.strictObject({ ...ask, intervals: z.array(Ref).check(z.maxLength(100)) }),
  "interval/import": z.strictObject({ ...ImportIntervals.shape, command: z.optional(command), dryRun: z.boolean() }),
  "name/add": z.strictObject({ ...ask, handle: words, fields: z.looseObject({}) }),
  "name/edit": z.strictObject({
    ...ask,
    handle: words,
    rename: z.optional(part),
    state: z.optional(z.enum(["active", "archived", "completed", "canceled"])),
    fields: z.looseObject({}),
  }),
  "name/merge": z.strictObject({ ...ask, from: words, into: words }),
  "name/remove": z.strictObject({ ...ask, handle: words }),
  "away/decide": z.strictObject({
    ...ask,
    /** The beginning of its id; without it the only one that there is. */
    away: z.optional(words),
    choice: z.enum(["keep", "cut", "go-on", "move"]),
    handle: z.optional(words),
  }),
  "invoice/draft": z.strictObject({ ...ask, client: words, period: PeriodSchema }),
  "invoice/issue": z.strictObject(invoice),
  "invoice/cancel": z.strictObject(invoice),
  /** A day of "" takes the payment back. */
  "invoice/pay": z.strictObject({ ...invoice, day: DaySchema }),
  "invoice/remove": z.strictObject({ ...ask, number: words }),
  /** The scope is a handle, "" for everybody; `first` is the first number of the series of the day. */
  "terms/set": z.strictObject({
    ...ask,
    scope: words,
    day: Day,
    fields: z.strictObject({ ...TermsFields.shape, first: z.optional(z.nullable(z.int().check(z.gte(1)))) }),
  }),
  "step/undo": z.strictObject(ask),
  "step/redo": z.strictObject(ask),
} as const;

export type AskName = keyof typeof asks;
export type Ask<Name extends AskName> = z.input<(typeof asks)[Name]>;

export const EntrySchema = z.strictObject({
  id: z.string(),
  rev: z.int(),
  handle: z.string(),
  client: z.string(),
  project: z.string(),
  task: z.string(),
  start: z.number(),
  end: z.nullable(z.number()),
  zone: z.string(),
  note: z.string(),
  tags: z.readonly(z.array(z.string())),
  billable: z.boolean(),
  source: z.enum(["timer", "typed", "import"]),
  invoice: z.optional(z.string()),
});

export const WorkSchema = z.strictObject({ ...EntrySchema.shape, ms: z.number() });

/** What an ask has done. */
export const Done = z.strictObject({
  /** The act and what it was about. */
  act: z.string(),
  about: z.string(),
  /** The clients, projects and tasks that did not exist before, by their handles. */
  created: z.array(z.string()),
  /** Those that were changed, or are gone. */
  names: z.array(z.strictObject({ kind: Kind, handle: z.string(), state: z.string() })),
  /** The intervals that were made or changed, as they are now. */
  intervals: z.array(WorkSchema),
  /** Those that are gone, as they were. */
  removed: z.array(WorkSchema),
  /** How many more there are: an answer tells of the first of each, for it has to fit into a message. */
  more: z.int(),
});
export type Done = z.output<typeof Done>;
