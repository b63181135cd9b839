import { drawn, invoiceFaults } from "@good-place/neil/books";
import * as domain from "@good-place/neil/domain";
import { type Invoice, type OfficeSnapshot, parseHandle, snapshotOf } from "@good-place/neil/domain";
import { shawn } from "@good-place/shawn";
import { expect, test } from "vitest";

const BEGIN = Date.UTC(2026, 9, 1);
const HOUR = 3_600_000;
const period = { from: 0, to: BEGIN * 2, zone: "UTC", dayStart: 0, text: "all" };
const handle = parseHandle("a/x/1");

// Two invoices, the first of them canceled, and all three numbers of their series.
function office(): OfficeSnapshot {
  let now = BEGIN;
  const store = shawn(domain.emptyOffice(), { acts: domain.neilActs, now: () => now });
  store.confirm(domain.setTerms({ command: "terms", scope: "", fields: { sender: { name: "Me" }, vat: 2100 } }));
  store.confirm(domain.setRate({ command: "rate", scope: "", from: "", amount: { currency: "EUR", minor: 4999 } }));
  for (const [n, command] of ["one", "two"].entries()) {
    now += 10 * HOUR;
    const work = { start: BEGIN + n * HOUR, end: BEGIN + (n + 1) * HOUR, note: "", tags: [], zone: "UTC" };
    store.confirm(domain.addInterval({ command, interval: command, handle, ...work, clash: "refuse" }));
    const client = [...store.envelope.clients][0]?.id as string;
    store.confirm(domain.draftInvoice({ command: `draft-${command}`, client, period }));
    const draft = store.envelope.invoices.at(`draft-${command}`);
    const { unpriced: _, left: __, ...bill } = drawn(store.envelope, draft, now);
    const seen = { invoice: draft.id, rev: draft.rev, day: `2026-11-0${n + 1}` };
    store.confirm(domain.issueInvoice({ command: `issue-${command}`, ...seen, ...bill }));
  }
  const first = store.envelope.invoices.at("draft-one");
  const seen = { invoice: first.id, rev: first.rev, day: "2026-11-03" };
  store.confirm(domain.cancelInvoice({ command: "cancel", ...seen }));
  return snapshotOf(store.envelope);
}

function told(change: (invoice: Invoice) => object, gone = ""): string[] {
  const { invoices, intervals, ...rest } = office();
  const broken = {
    ...rest,
    intervals: intervals.filter(({ id }) => id !== gone),
    invoices: invoices.map((invoice) => ({ ...invoice, ...change(invoice) })),
  };
  return invoiceFaults(domain.revived(broken as OfficeSnapshot));
}

test("a look over invoices that were kept finds nothing", () => {
  expect(told(() => ({}))).toEqual([]);
});

test.each<[string, (invoice: Invoice) => object, string[]]>([
  [
    "a number that is left out",
    ({ place, number }) => (place?.n === 3 ? { number: "2026-004", place: { ...place, n: 4 } } : { number }),
    [
      "the next number to 2026-002 is 2026-004",
      "invoice 2026-001 and its counterpart do not fit",
      "credit note 2026-004 and its counterpart do not fit",
    ],
  ],
  [
    "a number that is there twice",
    ({ place }) => (place?.n === 2 ? { number: "2026-003" } : {}),
    ["the number 2026-003 is there twice", "invoice 2026-001 and its counterpart do not fit"],
  ],
  [
    "a day before that of the number before",
    ({ place }) => (place?.n === 2 ? { issuedOn: "2026-10-01" } : {}),
    ["2026-002 was issued on 2026-10-01, before 2026-001"],
  ],
  [
    "a sum that is not that of the lines",
    ({ place, bill }) => (place?.n === 2 ? { bill: { ...bill, sums: { ...bill?.sums, total: 1 } } } : {}),
    ["invoice 2026-002 has other sums than its lines"],
  ],
  [
    "a credit note of something else",
    ({ place }) => (place?.n === 3 ? { counterpart: "2026-002" } : {}),
    ["invoice 2026-001 and its counterpart do not fit", "credit note 2026-003 and its counterpart do not fit"],
  ],
])("a look over invoices finds %s", (_, change, faults) => {
  expect(told(change)).toEqual(faults);
});

test("a look over invoices finds an interval that is gone", () => {
  expect(told(() => ({}), "two")).toEqual(["invoice 2026-002: its interval two is gone"]);
});
