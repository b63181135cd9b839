import { memoryJournal } from "@good-place/mansion";
import { drawn, invoiceFaults } from "@good-place/neil/books";
import * as domain from "@good-place/neil/domain";
import { type Invoice, type Office, parseHandle, retraces, snapshotOf } from "@good-place/neil/domain";
import { type Act, type Journal, type Shawn, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const BEGIN = Date.UTC(2026, 9, 1);
const HOUR = 3_600_000;
const rest = { note: "", tags: [], zone: "UTC" };
const period = { from: 0, to: BEGIN * 2, zone: "UTC", dayStart: 0, text: "all" };
const days = ["2025-12-31", "2026-01-01", "2026-11-02"] as const;

const step = fc.record({
  tag: fc.constantFrom(
    ...(["add", "add", "add", "edit", "trim", "split", "join", "remove", "import", "bill", "rate", "rate"] as const),
    ...(["merge", "rename", "unname", "terms", "draft", "draft", "issue", "issue", "issue", "discard"] as const),
    ...(["cancel", "pay", "unpay", "back", "back", "forth"] as const),
  ),
  handle: fc.constantFrom("a/x/1", "a/x/2", "a/y/1", "b/x/1"),
  from: fc.integer({ min: -60, max: 0 }),
  minutes: fc.integer({ min: 1, max: 300 }),
  kind: fc.constantFrom("clients" as const, "projects" as const, "tasks" as const),
  pick: fc.nat(20),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Played {
  readonly store: Shawn<Office>;
  readonly clock: { now: number };
  readonly made: { commands: number };
}

function played(journal?: Journal): Played {
  const clock = { now: BEGIN };
  const now = (): number => clock.now;
  const options = journal === undefined ? {} : { journal, snapshots: { version: 1, every: 4 } };
  const store = shawn(domain.emptyOffice(), { acts: domain.neilActs, now, ...options });
  return { store, clock, made: { commands: 0 } };
}

const seen = ({ id, rev }: { id: string; rev: number }): { id: string; rev: number } => ({ id, rev });

function acts(it: Played, { tag, handle: text, from, minutes, kind, pick }: Step): readonly Act[] {
  const { envelope } = it.store;
  it.made.commands += 1;
  const command = `command-${it.made.commands}`;
  const handle = parseHandle(text);
  const start = BEGIN + from * HOUR + pick * 1000;
  const end = start + minutes * 60_000 + pick * 777;
  const one = <T>(all: Iterable<T>, at = pick): T | undefined => [...all][at % Math.max(1, [...all].length)];
  const row = one(envelope.intervals);
  const names: readonly { id: string; rev: number }[] = [...envelope[kind]];
  const [name, other] = [one(names), one(names, pick + 1)];
  const day = days[pick % 3] as string;
  const meant = (fits: (invoice: Invoice) => boolean): Invoice | undefined => one([...envelope.invoices].filter(fits));
  switch (tag) {
    case "add":
      return [domain.addInterval({ command, interval: command, handle, start, end, ...rest, clash: "refuse" })];
    case "import": {
      const work = { id: `import-${from}`, handle, start, end, note: "", tags: [] };
      return [domain.importIntervals({ command, zone: "UTC", intervals: [work] })];
    }
    case "rate": {
      const amount = pick % 5 === 0 ? null : { currency: pick % 7 ? "EUR" : "CZK", minor: pick * 333 };
      const since = (["", "2026-09-29", "2026-09-30"] as const)[pick % 3] as string;
      return [domain.setRate({ command, scope: pick % 4 ? "" : (name?.id ?? ""), from: since, amount })];
    }
    case "terms": {
      const round = pick % 2 ? "15m:up/day" : null;
      const pattern = pick % 3 ? "{YYYY}-{NNN}" : "F{NN}/{YY}";
      const fields = { vat: pick * 105, round, ...(pick % 4 ? {} : { pattern }) };
      return [domain.setTerms({ command, scope: pick % 4 ? (name?.id ?? "") : "", fields })];
    }
    case "draft":
      return [domain.draftInvoice({ command, client: one(envelope.clients)?.id ?? "none", period })];
    case "issue":
    case "discard": {
      const draft = meant(({ state }) => state === "draft");
      if (draft === undefined) return acts(it, { tag: "draft", handle: text, from, minutes, kind, pick });
      const which = { command, invoice: draft.id, rev: draft.rev };
      if (tag === "discard") return [domain.removeInvoice(which)];
      const { unpriced: _, left: __, ...bill } = drawn(envelope, draft, it.clock.now);
      return bill.lines.length === 0 ? [] : [domain.issueInvoice({ ...which, day, ...bill })];
    }
    case "cancel":
    case "pay":
    case "unpay": {
      const invoice = meant(({ state }) => state !== "draft");
      if (invoice === undefined) return [];
      const which = { command, invoice: invoice.id, rev: invoice.rev };
      if (tag === "cancel") return [domain.cancelInvoice({ ...which, day })];
      return [domain.payInvoice({ ...which, day: tag === "pay" ? day : "" })];
    }
    case "back":
    case "forth":
      return retraces(envelope, tag, command);
  }
  if (row !== undefined) {
    const next = one(envelope.intervals, pick + 1) ?? row;
    const interval = seen(row);
    if (tag === "edit") return [domain.editInterval({ command, interval, start, end, handle, clash: "refuse" })];
    if (tag === "trim") return [domain.editInterval({ command, interval, start, end, clash: "replace" })];
    if (tag === "bill") return [domain.editInterval({ command, interval, billable: pick % 2 > 0, clash: "refuse" })];
    if (tag === "split") return [domain.splitInterval({ command, interval, at: [row.start + 30_000] })];
    if (tag === "join") return [domain.joinIntervals({ command, intervals: [interval, seen(next)] })];
    if (tag === "remove") return [domain.removeIntervals({ command, intervals: [interval] })];
  }
  if (name === undefined || other === undefined) return [];
  if (tag === "unname") return [domain.removeName({ command, kind, ...seen(name) })];
  if (tag === "merge") return [domain.mergeNames({ command, kind, from: seen(name), into: seen(other) })];
  if (tag === "rename") return [domain.editName({ command, kind, ...seen(name), rename: `r${pick % 3}`, fields: {} })];
  return [];
}

// Gives the code of the refusal, if it was one; anything else is a defect.
function tried({ store, clock }: Played, all: readonly Act[]): string | undefined {
  clock.now += 60_000;
  try {
    if (all.length > 0) store.confirm(...all);
    return undefined;
  } catch (error) {
    expect((error as Error).name).toBe("Refused");
    return (error as { code: string }).code;
  }
}

function begun(journal?: Journal): Played {
  const it = played(journal);
  const fields = { sender: { name: "Me" }, vat: 2100 };
  it.store.confirm(domain.setTerms({ command: "terms", scope: "", fields }));
  it.store.confirm(domain.setRate({ command: "rate", scope: "", from: "", amount: { currency: "EUR", minor: 4999 } }));
  return it;
}

const bare = (row: object | undefined): string => JSON.stringify({ ...row, rev: 0 });

/** Everything that was ever issued, as it was then, and the intervals on it: slow, obvious, and kept outside of the office. */
class Ledger {
  readonly #frozen = new Map<string, string>();
  readonly #intervals = new Map<string, Map<string, string>>();

  check({ store: { envelope } }: Played): void {
    const held = new Map<string, string>();
    for (const invoice of envelope.invoices) {
      if (invoice.state === "draft") continue;
      const { id, number, place, bill, issuedOn, due, kind } = invoice;
      const frozen = JSON.stringify({ number, place, bill, issuedOn, due, kind });
      if (!this.#frozen.has(id)) this.#begin(envelope, invoice, frozen);
      expect(frozen).toBe(this.#frozen.get(id));
      checkSums(invoice);
      if (kind === "credit" || invoice.state === "canceled") continue;
      for (const [interval, before] of this.#intervals.get(id) ?? []) {
        expect(bare(envelope.intervals.get(interval)), interval).toBe(before);
        expect(held.has(interval), `${interval} is on two invoices`).toBe(false);
        held.set(interval, id);
      }
      this.#checkRates(envelope, invoice);
    }
    for (const id of this.#frozen.keys()) expect(envelope.invoices.has(id), `${id} is gone`).toBe(true);
    const locks = [...envelope.locks].map(({ id, invoice }) => [id, invoice]);
    expect(locks.sort()).toEqual([...held].sort());
    checkNumbers(envelope);
    // Days are looked at before an act is made: here they go as they come.
    expect(invoiceFaults(envelope).filter((fault) => !/ was issued on /.test(fault))).toEqual([]);
  }

  get size(): number {
    return this.#frozen.size;
  }

  #begin(office: Office, { id, kind, bill }: Invoice, frozen: string): void {
    this.#frozen.set(id, frozen);
    if (kind === "credit") return;
    const rows = (bill?.intervals ?? []).map((each) => [each, bare(office.intervals.get(each))] as const);
    this.#intervals.set(id, new Map(rows));
  }

  // A report of the same work, whenever it is made, is at the rates of the invoice.
  #checkRates(office: Office, { client, bill }: Invoice): void {
    for (const { task: id, rate, lastDay } of bill?.lines ?? []) {
      const task = office.tasks.at(id);
      const project = office.projects.at(task.project);
      expect(project.client).toBe(client);
      const valid = [id, project.id, client, ""].flatMap((scope) =>
        [...office.rates].filter((row) => row.scope === scope && row.from <= lastDay).sort(latestFirst),
      );
      expect({ scope: valid[0]?.scope, minor: valid[0]?.minor }).toEqual({ scope: rate.scope, minor: rate.minor });
    }
  }
}

function latestFirst(a: { from: string }, b: { from: string }): number {
  return a.from < b.from ? 1 : -1;
}

function checkSums({ bill, kind }: Invoice): void {
  if (bill === null) throw new Error("it was issued without a bill");
  const sign = kind === "credit" ? -1 : 1;
  const [net, taxes] = [new Map<number, number>(), new Map<number, number>()];
  for (const { billedMs, rate, vat, minor } of bill.lines) {
    // Small enough for the halves to be exact.
    expect(minor).toBe(sign * Math.floor((billedMs * rate.minor) / HOUR + 0.5) + 0);
    net.set(vat, (net.get(vat) ?? 0) + sign * minor);
  }
  for (const [rate, sum] of net) if (rate > 0) taxes.set(rate, Math.floor((sum * rate) / 10_000 + 0.5));
  const told = new Map(bill.sums.vat.map(({ rate, minor }) => [rate, sign * minor + 0]));
  expect(told).toEqual(taxes);
  const all = [...net.values(), ...taxes.values()].reduce((sum, part) => sum + part, 0);
  expect(bill.sums.total + 0).toBe(sign * all + 0);
}

function checkNumbers(office: Office): void {
  const series = new Map<string, number[]>();
  const numbers = [...office.invoices].map(({ number }) => number);
  for (const { place } of office.invoices) {
    if (place !== null) series.set(place.series, [...(series.get(place.series) ?? []), place.n]);
  }
  for (const ns of series.values()) expect(ns.sort((a, b) => a - b)).toEqual(ns.map((_, index) => index + 1));
  expect(new Set(numbers).size).toBe(numbers.length);
}

const steps = fc.array(step, { minLength: 10, maxLength: 50 });

describe("whatever is done, with invoices in between", () => {
  test("numbers have no gap, what is invoiced never changes, and lines and VAT are the total", () => {
    let issued = 0;
    let locked = 0;
    fc.assert(
      fc.property(steps, (steps) => {
        const it = begun();
        const ledger = new Ledger();
        for (const each of steps) {
          if (tried(it, acts(it, each)) === "LOCKED") locked += 1;
          ledger.check(it);
        }
        issued += ledger.size;
      }),
      { numRuns: 300 },
    );
    // The commands come to something.
    expect(issued).toBeGreaterThan(100);
    expect(locked).toBeGreaterThan(50);
  });

  test("an undo of everything takes all of it back down to the last invoice that was issued, and no further", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const it = begun();
        const ledger = new Ledger();
        for (const each of steps) tried(it, acts(it, each));
        ledger.check(it);
        for (;;) {
          it.made.commands += 1;
          const back = retraces(it.store.envelope, "back", `back-${it.made.commands}`);
          if (back.length === 0) break;
          const code = tried(it, back);
          ledger.check(it);
          if (code === undefined) continue;
          expect(code).toBe("LOCKED");
          const undone = new Set(it.store.envelope.undone);
          const last = [...it.store.envelope.steps]
            .filter(({ id, changes }) => !undone.has(id) && changes.length > 0)
            .at(-1);
          expect(["invoice/issue", "invoice/cancel"]).toContain(last?.act);
          return;
        }
        expect(ledger.size).toBe(0);
        expect(snapshotOf(it.store.envelope)).toEqual(snapshotOf(domain.emptyOffice()));
      }),
      { numRuns: 200 },
    );
  });

  test("is the same after a restart from a snapshot and the journal behind it", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const journal = memoryJournal();
        const it = begun(journal);
        for (const each of steps) tried(it, acts(it, each));
        await it.store.settled();
        const again = played(journal);
        await again.store.settled();
        expect(JSON.stringify(again.store.envelope)).toBe(JSON.stringify(it.store.envelope));
        const revived = domain.revived(snapshotOf(it.store.envelope));
        expect([...revived.locks].sort(byId)).toEqual([...it.store.envelope.locks].sort(byId));
      }),
      { numRuns: 60 },
    );
  });
});

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
