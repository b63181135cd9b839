/**
 * The questions about invoices: a part of the contract. A draft is shown as it would be issued on the day that is said.
 */
import { method } from "@good-place/hemple";
import * as z from "zod/mini";
import { Day, TermsFields } from "./domain/acts/invoices.js";

const allowed = ["owner"];
const texts = z.string();

const PartySchema = z.strictObject({
  ...{ name: texts, street: texts, city: texts, zip: texts, regId: texts, vatId: texts, legal: texts },
  country: z.optional(texts),
});

const head = {
  kind: z.enum(["invoice", "credit"]),
  state: z.enum(["draft", "issued", "paid", "canceled"]),
  number: texts,
  /** Of a draft, the number that it would take. */
  next: texts,
  client: texts,
  period: texts,
  issuedOn: texts,
  due: texts,
  paidOn: texts,
  counterpart: texts,
  currency: texts,
  total: z.number(),
};

export const HeadSchema = z.strictObject(head);
export type Head = z.output<typeof HeadSchema>;

/** Everything that stands on an invoice, and what was left out of a draft. */
export const SheetSchema = z.strictObject({
  ...head,
  /** The days of its work, the first "" where the period has no beginning, the last "" where there is none. */
  since: texts,
  until: texts,
  round: texts,
  sender: PartySchema,
  bank: texts,
  recipient: PartySchema,
  reverse: texts,
  note: texts,
  lines: z.array(
    z.strictObject({
      text: texts,
      ms: z.number(),
      billedMs: z.number(),
      rate: z.number(),
      /** Hundredths of a percent. */
      vat: z.number(),
      minor: z.number(),
    }),
  ),
  net: z.number(),
  vat: z.array(z.strictObject({ rate: z.number(), net: z.number(), minor: z.number() })),
  intervals: z.int(),
  left: z.array(z.strictObject({ handle: texts, why: texts, intervals: z.int(), ms: z.number() })),
});
export type Sheet = z.output<typeof SheetSchema>;

export const invoicesContract = {
  /** The invoices in the order in which they were made, in pages: those from this place on; none at the end. */
  invoices: method({
    input: z.strictObject({ from: z.int().check(z.gte(0)), day: Day }),
    output: z.array(HeadSchema),
    idempotent: true,
    allowed,
  }),
  invoice: method({
    input: z.strictObject({ number: texts.check(z.maxLength(200)), day: Day }),
    output: SheetSchema,
    idempotent: true,
    allowed,
  }),
  /** What was set for a handle, or for everybody, and what holds there. */
  terms: method({
    input: z.strictObject({ scope: texts.check(z.maxLength(200)) }),
    output: z.strictObject({ set: TermsFields, holds: TermsFields }),
    idempotent: true,
    allowed,
  }),
};

export type InvoicesContract = typeof invoicesContract;
