/**
 * What Neil's server answers over hemple: the one place that says the calls, their inputs and their outputs.
 */
import { contract, method } from "@good-place/hemple";
import * as z from "zod/mini";
import { asks, Done, EntrySchema, WorkSchema } from "./asks.js";
import { booksContract, moment } from "./books-contract.js";
import { invoicesContract } from "./invoices-contract.js";

const AwaySchema = z.strictObject({
  id: z.string(),
  rev: z.int(),
  interval: z.string(),
  from: z.number(),
  to: z.number(),
  decided: z.nullable(z.enum(["keep", "cut", "go-on", "move"])),
});

export const StatusSchema = z.strictObject({
  running: z.nullable(WorkSchema),
  last: z.nullable(WorkSchema),
  away: z.readonly(z.array(AwaySchema)),
  long: z.boolean(),
});

/** A client, a project or a task, with what was worked on it and on what belongs to it. */
export const NameSchema = z.strictObject({
  kind: z.enum(["clients", "projects", "tasks"]),
  id: z.string(),
  handle: z.string(),
  title: z.string(),
  note: z.string(),
  invoice: z.nullable(z.record(z.string(), z.string())),
  state: z.string(),
  intervals: z.number(),
  ms: z.number(),
  /** When it was worked on last; null where it never was. */
  lastAt: z.nullable(z.number()),
});
export type Name = z.output<typeof NameSchema>;

export const StepSchema = z.strictObject({
  id: z.string(),
  act: z.string(),
  at: z.number(),
  by: z.nullable(z.string()),
  about: z.string(),
  state: z.enum(["done", "undone"]),
});

/** Acts that follow each other, and the sequence number of the last. */
const BatchSchema = z.strictObject({
  seq: z.int(),
  acts: z.array(
    z.strictObject({
      seq: z.int(),
      name: z.string(),
      at: z.number(),
      by: z.nullable(z.string()),
      payload: z.unknown(),
    }),
  ),
});
export type Batch = z.output<typeof BatchSchema>;

/** The most rows of one answer: each has to fit into a message. */
export const PAGE = 2000;

const allowed = ["owner"];
const nothing = z.strictObject({});

function question<I extends z.ZodMiniType, O extends z.ZodMiniType>(input: I, output: O) {
  return method({ input, output, idempotent: true, allowed });
}

function changes<I extends z.ZodMiniType>(input: I) {
  return method({ input, output: Done, idempotent: true, allowed });
}

export const neilContract = contract({
  status: question(nothing, StatusSchema),
  ...booksContract,
  /** An interval, by its place or the beginning of its id. */
  interval: question(z.strictObject({ ref: z.string().check(z.maxLength(200)) }), WorkSchema),
  ...invoicesContract,
  /** The intervals that share time with [from, to), in their order, whole; at most `limit`, those behind `after`; none at the end. */
  entries: question(
    z.strictObject({
      from: moment,
      to: moment,
      after: z.optional(z.strictObject({ start: moment, id: z.string() })),
      limit: z.int().check(z.gte(1), z.lte(PAGE)),
    }),
    z.array(EntrySchema),
  ),
  /** The newest intervals, the newest first. */
  last: question(z.strictObject({ count: z.int().check(z.gte(1), z.lte(PAGE)) }), z.array(WorkSchema)),
  /** Clients, projects and tasks, in pages: those from this place on; none at the end. */
  names: question(z.strictObject({ from: z.int().check(z.gte(0)) }), z.array(NameSchema)),
  /** The latest commands, the newest first. */
  steps: question(z.strictObject({ count: z.int().check(z.gte(1), z.lte(1000)) }), z.array(StepSchema)),
  /** The acts behind a sequence number, or from now on, as they become durable. The first batch has none: it says where things stand. */
  acts: method({
    input: z.strictObject({ after: z.optional(z.int().check(z.gte(0))) }),
    stream: BatchSchema,
    position: ({ seq }: Batch) => seq,
    allowed,
  }),
  /** What a doctor wants to know. */
  health: question(
    nothing,
    z.strictObject({ now: z.number(), seq: z.int(), intervals: z.int(), faults: z.array(z.string()) }),
  ),
  /** The address of the page, with its key; for those who may do everything anyway. */
  page: question(nothing, z.strictObject({ url: z.string() })),
  /** Who may come in is read anew from the keys on the server's disk, at once. Gives the devices. */
  "devices/reload": question(nothing, z.array(z.strictObject({ name: z.string(), fingerprint: z.string() }))),
  "task/start": changes(asks["task/start"]),
  "task/stop": changes(asks["task/stop"]),
  "task/switch": changes(asks["task/switch"]),
  "interval/add": changes(asks["interval/add"]),
  "interval/edit": changes(asks["interval/edit"]),
  "interval/split": changes(asks["interval/split"]),
  "interval/join": changes(asks["interval/join"]),
  "interval/remove": changes(asks["interval/remove"]),
  "name/add": changes(asks["name/add"]),
  "name/edit": changes(asks["name/edit"]),
  "name/merge": changes(asks["name/merge"]),
  "name/remove": changes(asks["name/remove"]),
  "away/decide": changes(asks["away/decide"]),
  "invoice/draft": changes(asks["invoice/draft"]),
  "invoice/issue": changes(asks["invoice/issue"]),
  "invoice/cancel": changes(asks["invoice/cancel"]),
  "invoice/pay": changes(asks["invoice/pay"]),
  "invoice/remove": changes(asks["invoice/remove"]),
  "terms/set": changes(asks["terms/set"]),
  "step/undo": changes(asks["step/undo"]),
  "step/redo": changes(asks["step/redo"]),
  "interval/import": method({
    input: asks["interval/import"],
    output: z.strictObject({ added: z.number(), known: z.number() }),
    idempotent: true,
    allowed,
  }),
});
