/** An invoice in the terminal. */
import type { Head, Sheet } from "../invoices-contract.js";
import { type Column, table } from "../report/text.js";
import { laidOut, leftOut, totalText } from "./layout.js";

export function invoiceText(sheet: Sheet): string {
  const { title, stamp, from, to, facts, head, rows, sums, words } = laidOut(sheet);
  const columns = head.map((name, index): Column => ({ head: name, side: index === 0 ? "left" : "right" }));
  const inner = head.slice(2).map(() => "");
  const sumRows = sums.map(([label, value]) => [label, ...inner, value.replace(` ${sheet.currency}`, "")]);
  const lines = table(columns, [...rows, ...sumRows], { sum: false }).split("\n");
  const rule = "-".repeat(Math.max(...lines.map((line) => [...line].length)));
  const told = [
    `${title}${stamp === "" ? "" : ` (${sheet.state === "draft" ? sheet.number : stamp.toLowerCase()})`}`,
    `From: ${from.join(", ") || `nobody yet: npx neil invoice config --name "Your Name"`}`,
    `To: ${to.join(", ")}`,
    facts.map(([label, value]) => `${label} ${value}`).join(", "),
    "",
    ...lines.toSpliced(-sums.length, 0, rule),
    ...words,
    ...leftOut(sheet),
  ];
  return told.join("\n");
}

/** A line for each invoice. */
export function invoiceList(heads: readonly Head[]): string {
  const columns = ["number", "client", "work of", "issued", "due", "total", ""].map(
    (head): Column => ({ head, side: head === "total" ? "right" : "left" }),
  );
  const rows = heads.map((head) => {
    const { number, client, period, issuedOn, due, state } = head;
    const dates = state === "draft" ? ["", ""] : [issuedOn, due];
    return [number, client, period, ...dates, totalText(head), stateText(head)];
  });
  return table(columns, rows, { sum: false });
}

function stateText({ kind, state, paidOn, counterpart }: Head): string {
  if (kind === "credit") return `cancels ${counterpart}`;
  if (state === "paid") return `paid ${paidOn}`;
  if (state === "canceled") return `canceled by ${counterpart}`;
  return state === "draft" ? "draft" : "";
}
