/**
 * What Neil's server answers over hemple: the one place that says the calls, their inputs and their outputs.
 */
import { contract, method } from "@good-place/hemple";
import * as z from "zod/mini";
import { ImportIntervals, StartTask, StopTask } from "./domain/acts.js";
import { GROUPINGS } from "./domain/report.js";

const WorkSchema = z.strictObject({
  interval: z.string(),
  handle: z.string(),
  note: z.string(),
  tags: z.readonly(z.array(z.string())),
  start: z.number(),
  end: z.nullable(z.number()),
  ms: z.number(),
});

const StatusSchema = z.strictObject({ running: z.nullable(WorkSchema), last: z.nullable(WorkSchema) });

const Started = z.strictObject({
  work: WorkSchema,
  /** The clients, projects and tasks that did not exist before. */
  created: z.array(z.string()),
});

const ReportSchema = z.strictObject({
  by: z.enum(GROUPINGS),
  totals: z.readonly(z.array(z.strictObject({ handle: z.string(), intervals: z.number(), ms: z.number() }))),
  ms: z.number(),
});

const allowed = ["owner"];

export const neilContract = contract({
  status: method({ input: z.strictObject({}), output: StatusSchema, idempotent: true, allowed }),
  "task/start": method({ input: StartTask, output: Started, idempotent: true, allowed }),
  // Stops what runs when the call arrives.
  "task/stop": method({ input: z.omit(StopTask, { interval: true }), output: WorkSchema, allowed }),
  report: method({ input: z.strictObject({ by: z.enum(GROUPINGS) }), output: ReportSchema, idempotent: true, allowed }),
  "interval/import": method({
    // A dry run finds out whether it would be refused, and writes nothing.
    input: z.extend(ImportIntervals, { dryRun: z.boolean() }),
    output: z.strictObject({ added: z.number(), known: z.number() }),
    idempotent: true,
    allowed,
  }),
});
