/**
 * What stands on an invoice, in words and in their order: the terminal, the page and the PDF show the same.
 */
import type { Sheet } from "../invoices-contract.js";
import { type Amount, amountText } from "../report/money.js";
import { parseRounding } from "../report/rounding.js";
import { timeText } from "../report/text.js";

export interface Layout {
  readonly title: string;
  /** What it is not: a draft, or no longer good. Empty for most. */
  readonly stamp: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly sums: readonly (readonly [label: string, value: string])[];
  readonly words: readonly string[];
}

export function laidOut(sheet: Sheet): Layout {
  const { kind, state, number, next, currency, lines, net, vat, total } = sheet;
  const amount = (minor: number): string => (currency === "" ? "0" : amountText({ currency, minor }));
  const bare = (minor: number): string => amount(minor).replace(` ${currency}`, "");
  const taxed = vat.length > 0;
  return {
    title: kind === "credit" ? `Credit note ${number}` : state === "draft" ? `Invoice ${next}` : `Invoice ${number}`,
    stamp: state === "draft" ? "Draft" : state === "canceled" ? `Canceled by ${sheet.counterpart}` : "",
    from: partyLines(sheet.sender),
    to: partyLines(sheet.recipient),
    facts: factsOf(sheet),
    head: ["Work", "Worked", "Billed", "Rate/h", ...(taxed ? ["VAT"] : []), currency || "Amount"],
    rows: lines.map(({ text, ms, billedMs, rate, vat, minor }) => [
      ...[text, hoursText(ms), hoursText(billedMs), bare(rate)],
      ...(taxed ? [percentText(vat)] : []),
      bare(minor),
    ]),
    sums: [
      ...(taxed ? [["Net", amount(net)] as const] : []),
      ...vat.map(({ rate, net, minor }) => [`VAT ${percentText(rate)} of ${bare(net)}`, amount(minor)] as const),
      ["Total", amount(total)],
    ],
    words: [sheet.reverse, roundingText(sheet.round), sheet.note].filter((text) => text !== ""),
  };
}

function factsOf({ kind, issuedOn, due, paidOn, period, counterpart, bank, number, state }: Sheet): [string, string][] {
  const facts: [string, string][] = [
    ["Issued", issuedOn],
    ["Due", due],
    ["Paid", paidOn],
    ["Work of", period],
    ["Credit for invoice", kind === "credit" ? counterpart : ""],
    ["Pay to", kind === "credit" ? "" : bank],
    ["Reference", kind === "credit" || state === "draft" || bank === "" ? "" : number],
  ];
  return facts.filter(([, value]) => value !== "");
}

function partyLines({ name, street, city, zip, country = "", regId, vatId, legal }: Sheet["sender"]): string[] {
  return [
    ...[name, street, [zip, city].filter(Boolean).join(" "), country],
    ...[regId && `Reg. no. ${regId}`, vatId && `VAT no. ${vatId}`, legal],
  ].filter((line) => line !== "");
}

/** "4:45", with seconds only where there are some. */
function hoursText(ms: number): string {
  const seconds = Math.round(ms / 1000) % 60;
  if (seconds === 0) return timeText(ms);
  return `${timeText(Math.floor(ms / 60_000) * 60_000)}:${String(seconds).padStart(2, "0")}`;
}

/** "21 %", of hundredths of a percent. */
export function percentText(vat: number): string {
  return `${vat / 100} %`;
}

const SCOPES = { interval: "each interval", day: "each task's work of a day", total: "each line" };
const MODES = { up: "up to", nearest: "to the nearest", down: "down to" };

// Nobody needs to be told of minutes: there are no parts of them on an invoice.
function roundingText(text: string): string {
  const rounding = parseRounding(text);
  if (rounding === undefined || rounding.unitMs === 60_000) return "";
  const minutes = rounding.unitMs / 60_000;
  const unit = minutes < 1 ? `${rounding.unitMs / 1000} seconds` : `${minutes} minutes`;
  return `The time of ${SCOPES[rounding.scope]} is rounded ${MODES[rounding.mode]} ${unit}.`;
}

/** A line for all work of the period that is not on a draft, and why. */
export function leftOut({ left }: Sheet): string[] {
  return left.map(({ handle, why, ms }) => `left out: ${handle}, ${timeText(ms)}: ${why}`);
}

/** "123.45 EUR"; a draft without a line has no currency yet. */
export function totalText({ currency, total }: { readonly currency: string; readonly total: number }): string {
  return currency === "" ? "-" : amountText({ currency, minor: total } satisfies Amount);
}
