import { memoryJournal } from "@good-place/mansion";
import { type Rate, report } from "@good-place/neil/books";
import * as domain from "@good-place/neil/domain";
import { entries, type Office, parseHandle, retraces, snapshotOf } from "@good-place/neil/domain";
import { type Act, type Journal, type Shawn, shawn } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

// All that Neil's acts can do, money, imports and merges included, in any order.
const BEGIN = 1_700_000_000_000;
const HOUR = 3_600_000;
const rest = { note: "", tags: [], zone: "UTC" };

const step = fc.record({
  tag: fc.constantFrom(
    ...(["start", "stop", "add", "add", "import", "import", "edit", "split", "join", "remove"] as const),
    ...([
      "rate",
      "rate",
      "budget",
      "name",
      "rename",
      "state",
      "merge",
      "merge",
      "unname",
      "away",
      "back",
      "forth",
    ] as const),
  ),
  handle: fc.constantFrom("a/x/1", "a/x/2", "a/y/1", "b/x/1", "b/y/3"),
  from: fc.integer({ min: -80, max: 0 }),
  hours: fc.integer({ min: 1, max: 6 }),
  clash: fc.constantFrom("refuse" as const, "trim" as const, "replace" as const),
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

function commandOf({ made }: Played): string {
  made.commands += 1;
  return `command-${made.commands}`;
}

const seen = ({ id, rev }: { id: string; rev: number }): { id: string; rev: number } => ({ id, rev });

function acts(it: Played, { tag, handle: text, from, hours, clash, kind, pick }: Step): readonly Act[] {
  const { envelope } = it.store;
  const command = commandOf(it);
  const handle = parseHandle(text);
  const [start, end] = [BEGIN + from * HOUR, BEGIN + (from + hours) * HOUR];
  const one = <T>(all: Iterable<T>, at = pick): T | undefined => [...all][at % Math.max(1, [...all].length)];
  const row = one(envelope.intervals);
  const names: readonly { id: string; rev: number }[] = [...envelope[kind]];
  const [name, other] = [one(names), one(names, pick + 1)];
  const away = one(envelope.away);
  switch (tag) {
    case "start":
      return [domain.startTask({ command, interval: command, handle, ...rest, clash })];
    case "stop":
      return [domain.stopTask({ command, interval: envelope.running ?? "none", note: "", done: pick === 0 })];
    case "add":
      return [domain.addInterval({ command, interval: command, handle, start, end, ...rest, clash })];
    case "import": {
      const work = (n: number) => ({
        id: `import-${from + n}`,
        handle,
        start: start + n * HOUR,
        end: start + (n + 1) * HOUR,
      });
      const intervals = [0, 1, 2].map((n) => ({ ...work(n), note: "", tags: [], billable: n > 0 }));
      return [domain.importIntervals({ command, zone: "UTC", intervals })];
    }
    case "rate":
      return [
        domain.setRate({ command, scope: name?.id ?? "", from: pick % 2 ? "" : "2023-11-13", amount: rateOf(pick) }),
      ];
    case "budget":
      return [
        domain.setBudget({ command, scope: name?.id ?? "", per: "month", limit: pick % 3 ? { ms: pick } : null }),
      ];
    case "name":
      return [domain.addName({ command, handle: text.split("/").slice(0, 1 + (pick % 3)), fields: { note: "new" } })];
    case "away": {
      if (away === undefined)
        return [domain.noticeAway({ interval: envelope.running ?? "none", from: start, to: end })];
      const choice = (["keep", "cut", "go-on", "move"] as const)[pick % 4] ?? "keep";
      return [domain.decideAway({ command, away: away.id, choice, handle })];
    }
    case "back":
    case "forth":
      return retraces(envelope, tag, command);
  }
  if (row !== undefined) {
    const next = one(envelope.intervals, pick + 1) ?? row;
    if (tag === "edit") return [domain.editInterval({ command, interval: seen(row), start, end, handle, clash })];
    if (tag === "split") return [domain.splitInterval({ command, interval: seen(row), at: [row.start + HOUR] })];
    if (tag === "join") return [domain.joinIntervals({ command, intervals: [seen(row), seen(next)] })];
    if (tag === "remove") return [domain.removeIntervals({ command, intervals: [seen(row)] })];
  }
  if (name === undefined || other === undefined) return [];
  if (tag === "unname") return [domain.removeName({ command, kind, ...seen(name) })];
  if (tag === "merge") return [domain.mergeNames({ command, kind, from: seen(name), into: seen(other) })];
  if (tag === "rename") return [domain.editName({ command, kind, ...seen(name), rename: `r${pick % 3}`, fields: {} })];
  if (tag === "state") return [domain.editName({ command, kind, ...seen(name), state: "archived", fields: {} })];
  return [];
}

function rateOf(pick: number): { currency: string; minor: number } | null {
  return pick % 5 === 0 ? null : { currency: pick % 2 ? "EUR" : "CZK", minor: pick * 333 };
}

// Gives what was confirmed. A refusal is an answer; anything else is a defect.
function tried({ store, clock }: Played, all: readonly Act[]): readonly Act[] {
  clock.now += 60_000;
  try {
    store.confirm(...all);
    return all;
  } catch (error) {
    expect((error as Error).name).toBe("Refused");
    return [];
  }
}

function play(it: Played, steps: readonly Step[]): void {
  for (const each of steps) tried(it, acts(it, each));
}

// In one order, and without the revisions: those are never used again.
function content({ store }: Played): string {
  const people = Object.entries(snapshotOf(store.envelope)).map(([table, rows]) => {
    // Absences are noticed, not commanded: no command takes them back.
    const told = table === "away" ? [] : rows;
    return [table, [...told].sort((a, b) => (a.id < b.id ? -1 : 1))];
  });
  return JSON.stringify(people, (key, value) => (key === "rev" ? undefined : value));
}

const steps = fc.array(step, { maxLength: 30 });

describe("whatever was done, also to names, money and imports", () => {
  test("is undone to the empty store by its inverses, and done again", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const it = played();
        play(it, steps);
        const before = content(it);
        let count = 0;
        for (let back = retraces(it.store.envelope, "back", commandOf(it)); back.length > 0; count++) {
          it.store.confirm(...back);
          back = retraces(it.store.envelope, "back", commandOf(it));
        }
        expect(content(it)).toBe(content(played()));
        for (; count > 0; count--) it.store.confirm(...retraces(it.store.envelope, "forth", commandOf(it)));
        expect(content(it)).toBe(before);
      }),
      { numRuns: 150 },
    );
  });

  test("never overlaps, and has one sum in time and money however it is grouped", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const it = played();
        play(it, steps);
        const { envelope } = it.store;
        // Slow and obvious, not by the timeline that the rules use.
        const all = [...envelope.intervals].filter(({ start, end }) => end !== start);
        for (const one of all) {
          for (const other of all) {
            const apart = (one.end ?? Infinity) <= other.start || (other.end ?? Infinity) <= one.start;
            expect(one === other || apart, `${one.id} and ${other.id}`).toBe(true);
          }
        }
        const rates: Rate[] = [...envelope.rates].filter(({ scope }) => scope === "").map((rate) => ({ ...rate }));
        const now = it.clock.now;
        const period = { from: 0, to: now, now, zone: "Europe/Prague", rates };
        const sums = (["client", "project", "task", "day"] as const).map((by) =>
          report(entries(envelope, 0, now), { ...period, by: [by] }),
        );
        const ms = all.reduce((sum, { start, end }) => sum + (end ?? now) - start, 0);
        for (const { totals, money, ...sum } of sums) {
          expect([sum.ms, totals.reduce((sum, total) => sum + total.ms, 0)]).toEqual([ms, ms]);
          expect(money).toEqual(sums[0]?.money);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is the same after a restart from a snapshot, and goes on alike", async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const journal = memoryJournal();
        const [kept, whole] = [played(journal), played()];
        await kept.store.settled();
        for (const it of [kept, whole]) play(it, before);
        await kept.store.settled();
        const again = played(journal);
        await again.store.settled();
        expect(JSON.stringify(again.store.envelope)).toBe(JSON.stringify(kept.store.envelope));
        again.clock.now = whole.clock.now;
        again.made.commands = whole.made.commands;
        for (const it of [again, whole]) play(it, after);
        // Each store draws the ids of its acts: what people see of both is one.
        expect(seenBy(again)).toEqual(seenBy(whole));
      }),
      { numRuns: 60 },
    );
  });

  test("is what a page shows that is told what is another", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const it = played();
        const page = shawn(domain.emptyPage(), { acts: [domain.told] });
        let shown = domain.NOTHING_SHOWN;
        for (const each of steps) {
          // Now and then time goes by, and what was late is long ago.
          if (each.pick === 0) it.clock.now += 20 * HOUR;
          tried(it, acts(it, each));
          const before = shown;
          shown = domain.shownOf(it.store.envelope, it.clock.now);
          const news = domain.newsOf(before, shown);
          // As it goes over the wire.
          if (news !== undefined) page.confirm(domain.told(JSON.parse(JSON.stringify(news))));
          expect(onPage(page.envelope)).toEqual(toBeShown(it.store.envelope, it.clock.now));
          expect(domain.status(page.envelope, it.clock.now).running).toEqual(
            domain.status(it.store.envelope, it.clock.now).running,
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is not done once more when it comes again, undone meanwhile or not", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (steps, undo) => {
        const it = played();
        for (const [at, each] of steps.entries()) {
          if (each.tag === "back" || each.tag === "forth") continue;
          const done = tried(it, acts(it, each));
          if (undo[at]) {
            tried(it, retraces(it.store.envelope, "back", commandOf(it)));
            tried(it, [domain.addName({ command: commandOf(it), handle: [`n${at}`], fields: {} })]);
          }
          const once = content(it);
          try {
            it.store.confirm(...done);
          } catch (error) {
            expect((error as Error).name).toBe("Refused");
          }
          expect(content(it)).toBe(once);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function seenBy({ store: { envelope } }: Played): unknown[] {
  return [...entries(envelope, 0, BEGIN * 2)].map(({ handle, start, end }) => [handle, start, end]);
}

const byId = <R extends { id: string }>(rows: Iterable<R>): R[] => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));

function onPage({ clients, projects, tasks, intervals, away, worked }: domain.PageOffice): unknown {
  return {
    rows: [clients, projects, tasks, intervals, away].map((each) => byId<{ id: string }>(each)),
    worked: byId(worked),
  };
}

// Slow and obvious: a walk over all intervals.
function toBeShown(office: Office, now: number): unknown {
  const { clients, projects, tasks, intervals } = office;
  const away = [...office.away].filter(({ decided }) => decided === null);
  const late = [...intervals].filter(({ id, start, end }) => {
    const ofAway = away.some(({ interval }) => interval === id);
    return ofAway || (start !== end && (end ?? Number.POSITIVE_INFINITY) > now - domain.LATE_MS);
  });
  const worked = [...projects].flatMap(({ id, client, name }) => {
    const mine = [...intervals].filter(({ task }) => tasks.at(task).project === id);
    const ms = mine.reduce((sum, { start, end }) => sum + (end === null ? 0 : end - start), 0);
    return mine.length === 0 ? [] : [{ id, rev: 0, handle: `${clients.at(client).abbrev}/${name}`, ms }];
  });
  return {
    rows: [clients, projects, tasks, late, away].map((each) => byId<{ id: string }>(each)),
    worked: byId(worked),
  };
}
