/**
 * The calls about sums and money: a part of the contract.
 */
import { method } from "@good-place/hemple";
import * as z from "zod/mini";
import { AmountSchema, DaySchema, LimitSchema, SpanSchema } from "./domain/acts/money.js";
import { zone } from "./domain/acts/parts.js";
import { isFilter } from "./report/filter.js";
import { isRounding, ROUNDING_USAGE } from "./report/rounding.js";
import { GROUPINGS } from "./report/totals.js";

const allowed = ["owner"];
const command = z.string().check(z.minLength(1), z.maxLength(120));
const dryRun = z.optional(z.boolean());
const scope = z.string().check(z.maxLength(200));
/** A border of a period, which may lie before all that can be worked. */
export const moment = z.int().check(z.gte(-8.64e15), z.lte(8.64e15));
const dayStart = z.int().check(z.gte(0), z.lt(1440));
const weekStart = z.optional(z.int().check(z.gte(1), z.lte(7)));

const sum = {
  intervals: z.int(),
  ms: z.number(),
  billedMs: z.number(),
  money: z.record(z.string(), z.number()),
};

const rate = { scope: z.string(), from: z.string(), minor: z.number(), currency: z.string() };

export const booksContract = {
  report: method({
    input: z.strictObject({
      from: moment,
      to: moment,
      zone,
      dayStart,
      weekStart,
      by: z.array(z.enum(GROUPINGS)).check(z.minLength(1), z.maxLength(4)),
      round: z.optional(z.string().check(z.refine(isRounding, ROUNDING_USAGE))),
      /** Only what has a price and is on no invoice. */
      unbilled: z.optional(z.boolean()),
      filter: z.array(z.string().check(z.maxLength(200), z.refine(isFilter))).check(z.maxLength(20)),
    }),
    output: z.strictObject({
      by: z.array(z.enum(GROUPINGS)),
      totals: z.array(z.strictObject({ keys: z.array(z.string()), ...sum })),
      ...sum,
    }),
    idempotent: true,
    allowed,
  }),
  rates: method({ input: z.strictObject({}), output: z.array(z.strictObject(rate)), idempotent: true, allowed }),
  "rate/set": method({
    /** The scope is a handle here. */
    input: z.strictObject({ command, dryRun, scope, from: DaySchema, amount: z.nullable(AmountSchema) }),
    output: z.strictObject({ rate: z.nullable(z.strictObject(rate)), replaced: z.nullable(AmountSchema) }),
    idempotent: true,
    allowed,
  }),
  budgets: method({
    input: z.strictObject({ zone, dayStart, weekStart }),
    output: z.array(
      z.strictObject({ scope: z.string(), per: SpanSchema, limit: LimitSchema, usedMs: z.number(), used: z.number() }),
    ),
    idempotent: true,
    allowed,
  }),
  "budget/set": method({
    input: z.strictObject({ command, dryRun, scope, per: SpanSchema, limit: z.nullable(LimitSchema) }),
    output: z.strictObject({}),
    idempotent: true,
    allowed,
  }),
};

export type BooksContract = typeof booksContract;
