/**
 * The acts of invoices: draft, issue, cancel, pay, remove, and the terms that they are made by. What an invoice comes to is
 * reckoned by whoever issues it (invoice/bill.ts) and stands in the act, so that no later program reckons it anew; the act is
 * refused unless it fits the office to the millisecond and the cent.
 */
import { peek } from "@good-place/shawn";
import * as z from "zod/mini";
import { isRounding, ROUNDING_USAGE } from "../../report/rounding.js";
import { type Change, change } from "../change.js";
import {
  type Bill,
  type Invoice,
  invoiceText,
  lastOf,
  later,
  nextNumber,
  PATTERN,
  sumsOf,
  type Terms,
  termsId,
  termsOf,
  turned,
} from "../invoice.js";
import type { Client, Office } from "../office.js";
import { Refused } from "../refused.js";
import { DaySchema } from "./money.js";
import { Invoice as Address, nameOf } from "./names.js";
import { act, id, note, portable, seen, text, time } from "./parts.js";

/** The most intervals of one invoice. */
export const INVOICE_MOST = 10_000;

export const Day = DaySchema.check(z.minLength(10));
const count = z.int().check(z.gte(0), z.lte(1e15));
const vat = z.int().check(z.gte(0), z.lte(10_000));
const rounding = z.string().check(z.refine(isRounding, ROUNDING_USAGE));
const currency = z.string().check(z.regex(/^([A-Z]{3})?$/));

const periods = portable(({ zone }) =>
  z.strictObject({
    from: time,
    to: time,
    zone,
    dayStart: z.int().check(z.gte(0), z.lt(1440)),
    text: text(100),
  }),
);
export const PeriodSchema = periods.schema;

const drafts = {
  schema: z.strictObject({ command: id, client: id, period: periods.schema }),
  kept: z.strictObject({ command: id, client: id, period: periods.kept }),
};

export const LineSchema = z.strictObject({
  task: id,
  text: text(200),
  ms: time,
  billedMs: time,
  rate: z.strictObject({ scope: z.string().check(z.maxLength(200)), from: DaySchema, minor: count }),
  lastDay: Day,
  vat,
  minor: count,
});

const InvoiceSeen = { command: id, invoice: id, rev: z.int() };

export const IssueInvoice = z.strictObject({
  ...InvoiceSeen,
  day: Day,
  intervals: z.array(z.strictObject({ id, rev: z.int() })).check(z.minLength(1), z.maxLength(INVOICE_MOST)),
  lines: z.array(LineSchema).check(z.minLength(1), z.maxLength(INVOICE_MOST)),
  currency: z.string().check(z.regex(/^[A-Z]{3}$/)),
  round: rounding,
});

export const CancelInvoice = z.strictObject({ ...InvoiceSeen, day: Day });

/** A day of "" takes the payment back. */
export const PayInvoice = z.strictObject({ ...InvoiceSeen, day: DaySchema });

/** Only of a draft. */
export const RemoveInvoice = z.strictObject({ command: id, invoice: id, rev: z.int() });

const Sender = z.partial(z.strictObject({ name: text(200), ...Address.shape }));

/** What of the terms is said; null takes it away. What is not said stays. */
export const TermsFields = z.partial(
  z.strictObject({
    sender: Sender,
    bank: z.nullable(text(200)),
    pattern: z.nullable(
      z.string().check(z.regex(PATTERN, "expected letters, digits and . _ / - around {NNN}, like {YYYY}-{NNN}")),
    ),
    first: z.nullable(z.strictObject({ series: text(40), n: z.int().check(z.gte(1), z.lte(1e9)) })),
    vat: z.nullable(vat),
    dueDays: z.nullable(z.int().check(z.gte(0), z.lte(3650))),
    round: z.nullable(rounding),
    currency: z.nullable(currency),
    reverse: z.nullable(text(500)),
    note: z.nullable(note),
  }),
);

export const SetTerms = z.strictObject({ command: id, scope: z.string().check(z.maxLength(200)), fields: TermsFields });

export const draftInvoice = act("invoice/draft", drafts.schema, { kept: drafts.kept }).does({
  update(office, { command, client, period }, meta) {
    const about = freeDraft(office);
    change(office, meta, { act: "invoice/draft", command, about }, (it) => {
      it.row("clients", client);
      it.put("invoices", {
        ...{ id: command, rev: 0, kind: "invoice", state: "draft", client, period, number: about, place: null },
        ...{ issuedOn: "", due: "", paidOn: "", counterpart: "", bill: null },
      });
    });
  },
});

export const issueInvoice = act("invoice/issue", IssueInvoice).does({
  update(office, input, meta) {
    const { command, invoice, rev, day } = input;
    if (office.steps.has(command)) return;
    const { number, place } = freshNumber(office, day);
    change(office, meta, { act: "invoice/issue", command, about: number }, (it) => {
      const draft = known(it, invoice, rev);
      if (draft.state !== "draft") throw new Refused("ALREADY", `${invoiceText(draft)} is ${draft.state} already`);
      refuseUnfit(it, draft, input);
      const terms = termsOf(office, ["", draft.client]);
      it.put("invoices", {
        ...draft,
        ...{ state: "issued", number, place, issuedOn: day, due: later(day, terms.dueDays) },
        bill: billed(it.row("clients", draft.client), terms, input),
      });
    });
  },
});

export const cancelInvoice = act("invoice/cancel", CancelInvoice).does({
  update(office, { command, invoice, rev, day }, meta) {
    if (office.steps.has(command)) return;
    const { number, place } = freshNumber(office, day);
    change(office, meta, { act: "invoice/cancel", command, about: number }, (it) => {
      const issued = known(it, invoice, rev);
      if (issued.kind === "credit") throw new Refused("CONFLICT", `${invoiceText(issued)} cannot be canceled`);
      if (issued.state === "canceled") throw new Refused("ALREADY", `${invoiceText(issued)} is canceled already`);
      if (issued.bill === null) throw new Refused("CONFLICT", `${issued.number} is a draft: remove it instead`);
      it.put("invoices", { ...issued, state: "canceled", counterpart: number });
      it.put("invoices", {
        ...issued,
        ...{ id: command, kind: "credit", state: "issued", number, place, issuedOn: day, due: "", paidOn: "" },
        ...{ counterpart: issued.number, bill: turned(issued.bill) },
      });
    });
  },
});

export const payInvoice = act("invoice/pay", PayInvoice).does({
  update(office, { command, invoice, rev, day }, meta) {
    change(office, meta, { act: "invoice/pay", command, about: numberOf(office, invoice) }, (it) => {
      const issued = known(it, invoice, rev);
      if (issued.kind === "credit" || issued.state === "draft" || issued.state === "canceled") {
        throw new Refused("CONFLICT", `${invoiceText(issued)} is ${stateText(issued)}: nobody has to pay it`);
      }
      if ((issued.state === "paid") === (day !== "")) {
        throw new Refused("ALREADY", `${invoiceText(issued)} is ${issued.state} already`);
      }
      it.put("invoices", { ...issued, state: day === "" ? "issued" : "paid", paidOn: day });
    });
  },
});

export const removeInvoice = act("invoice/remove", RemoveInvoice).does({
  update(office, { command, invoice, rev }, meta) {
    change(office, meta, { act: "invoice/remove", command, about: numberOf(office, invoice) }, (it) => {
      it.drop("invoices", known(it, invoice, rev).id);
    });
  },
});

export const setTerms = act("terms/set", SetTerms).does({
  update(office, { command, scope, fields }, meta) {
    const kind = (["clients", "projects", "tasks"] as const).find((each) => office[each].has(scope));
    if (scope !== "" && kind === undefined) throw new Refused("NOT_FOUND", "what it is for is not there any more");
    const about = kind === undefined ? "for everybody" : nameOf(office, kind, scope);
    change(office, meta, { act: "terms/set", command, about }, (it) => {
      refuseMisplaced(kind, fields);
      if (fields.first) refuseBegun(office, fields.first.series);
      const id = termsId(scope);
      const before = office.terms.has(id) ? it.row("terms", id).fields : {};
      const sender = fields.sender && { sender: { ...before.sender, ...fields.sender } };
      const said = Object.entries({ ...before, ...fields, ...sender });
      const after = Object.fromEntries(said.filter(([, value]) => value !== null && value !== undefined));
      if (Object.keys(after).length > 0) it.put("terms", { id, rev: 0, scope, fields: after });
      else if (office.terms.has(id)) it.drop("terms", id);
    });
  },
});

const OFFICE_ONLY = ["sender", "bank", "pattern", "first"];

function refuseMisplaced(kind: "clients" | "projects" | "tasks" | undefined, fields: object): void {
  for (const name of Object.keys(fields)) {
    if (kind === undefined || name === "vat") continue;
    if (kind === "clients" && !OFFICE_ONLY.includes(name)) continue;
    const who = OFFICE_ONLY.includes(name) ? "everybody" : "everybody or a client";
    throw new Refused("CONFLICT", `${name} is set for ${who}, not for one of the ${kind}`);
  }
}

function refuseBegun(office: Office, series: string): void {
  const last = lastOf(office, series);
  if (last > 0)
    throw new Refused("ALREADY", `${series} has numbers already, the last is ${last}: they stay without a gap`);
}

function freeDraft(office: Office): string {
  const taken = new Set([...peek(office.invoices)].map(({ number }) => number));
  for (let n = 1; ; n++) if (!taken.has(`draft-${n}`)) return `draft-${n}`;
}

// Another pattern may have made the same number.
function freshNumber(office: Office, day: string): ReturnType<typeof nextNumber> {
  const next = nextNumber(office, day);
  const { number } = next;
  if (![...peek(office.invoices)].some((row) => row.number === number)) return next;
  throw new Refused(
    "ALREADY",
    `there is an invoice ${number} already, of another pattern: neil invoice config --pattern`,
  );
}

function numberOf(office: Office, id: string): string {
  return office.invoices.get(id)?.number ?? "";
}

function known(it: Change, id: string, rev: number): Invoice {
  const row = it.office.invoices.get(id);
  if (row === undefined) throw new Refused("CONFLICT", "this invoice is not there any more");
  if (row.rev === rev) return it.row("invoices", id);
  if (row.state !== "draft") throw new Refused("ALREADY", `${invoiceText(row)} is ${stateText(row)} already`);
  throw new Refused("CONFLICT", `${row.number} is another by now: it was changed since you looked`);
}

function stateText({ kind, state, counterpart }: Invoice): string {
  if (kind === "credit") return "a credit note";
  return state === "canceled" ? `canceled by ${counterpart}` : state === "draft" ? "a draft" : state;
}

// What the act says must be what is there: every interval as it was seen, and no time more or less than theirs.
function refuseUnfit(it: Change, draft: Invoice, { intervals, lines }: z.output<typeof IssueInvoice>): void {
  const { view: office } = it;
  const left = new Map<string, number>();
  for (const { task, ms } of lines) left.set(task, (left.get(task) ?? 0) + ms);
  for (const { id, rev } of intervals) {
    const { task, start, end, billable } = seen(it, id, rev);
    const client = office.projects.at(office.tasks.at(task).project).client;
    if (end === null || !billable || client !== draft.client) {
      throw new Refused("CONFLICT", `interval ${id} cannot be on an invoice of this client`);
    }
    left.set(task, (left.get(task) ?? 0) - (end - start));
  }
  const wrong = [...left.values()].some((ms) => ms !== 0) || !lines.every(isCounted);
  if (wrong) throw new Refused("CONFLICT", "the lines are not the time and the price of the intervals: look again");
}

// An amount is the time at the rate, half up.
function isCounted({ billedMs, rate, minor }: z.output<typeof LineSchema>): boolean {
  const over = 2n * (BigInt(billedMs) * BigInt(rate.minor) - BigInt(minor) * 3_600_000n);
  return over >= -3_600_000n && over < 3_600_000n;
}

function billed(
  client: Client,
  terms: Terms,
  { intervals, lines, currency, round }: z.output<typeof IssueInvoice>,
): Bill {
  const nowhere = { street: "", city: "", zip: "", regId: "", vatId: "", legal: "" };
  const sender = { name: "", ...nowhere, ...terms.sender };
  if (sender.name === "") {
    throw new Refused("INCOMPLETE", `nobody knows whose invoice it is: neil invoice config --name "Your Name"`);
  }
  return {
    ...{ intervals: intervals.map(({ id }) => id), lines, currency, round, sender, bank: terms.bank },
    recipient: { ...client.invoice, name: client.name || client.abbrev },
    ...{ reverse: terms.reverse, note: terms.note, sums: sumsOf(lines) },
  };
}
