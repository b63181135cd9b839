import {
  amountText,
  apportion,
  costOf,
  daysOf,
  type Entry,
  GROUPINGS,
  type Grouping,
  parseAmount,
  parseRounding,
  type Query,
  type Rate,
  report,
  type Total,
} from "@good-place/neil/books";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function entry(start: number, end: number | null, more: Partial<Entry> = {}): Entry {
  const names = { client: "acme", project: "site", task: "header" };
  return { id: `i${start}`, ...names, start, end, zone: "UTC", note: "", tags: [], billable: true, ...more };
}

function query(more: Partial<Query> = {}): Query {
  return { from: 0, to: 8.64e15, now: 8e15, zone: "UTC", by: ["day"], ...more };
}

const at = (text: string): number => Date.parse(text);
const shown = (totals: readonly Total[]): [string, number][] =>
  totals.map(({ keys, ms }) => [keys.join(" "), ms / HOUR]);

describe("days of a zone", () => {
  test.each([
    ["Europe/Prague", "2026-03-29T12:00Z", "2026-03-29", 23],
    ["Europe/Prague", "2026-10-25T12:00Z", "2026-10-25", 25],
    ["America/New_York", "2026-03-08T17:00Z", "2026-03-08", 23],
    ["America/New_York", "2026-11-01T17:00Z", "2026-11-01", 25],
    // Half an hour is what Lord Howe turns its clocks by.
    ["Australia/Lord_Howe", "2026-04-05T00:00Z", "2026-04-05", 24.5],
    // A day that begins at one o'clock, for there is no midnight.
    ["America/Santiago", "2026-09-06T12:00Z", "2026-09-06", 23],
  ])("in %s at %s it is %s, %d hours long", (zone, instant, date, hours) => {
    const day = daysOf(zone)(at(instant));
    expect([day.date, (day.end - day.start) / HOUR]).toEqual([date, hours]);
  });

  test("a clock that goes back over midnight begins no day twice, and no time is negative", () => {
    // One minute past midnight of the 7th it went back to the 6th, in Newfoundland.
    const night = [
      entry(at("2010-11-07T02:00Z"), at("2010-11-07T02:20Z")),
      entry(at("2010-11-07T02:40Z"), at("2010-11-07T04:00Z")),
    ];
    expect(report(night, query({ zone: "America/St_Johns" })).totals).toMatchObject([
      { keys: ["2010-11-06"], ms: 20 * MINUTE },
      { keys: ["2010-11-07"], ms: 80 * MINUTE },
    ]);
  });

  test("a day that begins at four holds the night before it", () => {
    const night = [entry(at("2026-10-06T01:00Z"), at("2026-10-06T05:00Z"))];
    expect(shown(report(night, query({ dayStart: 240 })).totals)).toEqual([
      ["2026-10-05", 3],
      ["2026-10-06", 1],
    ]);
  });

  test("an interval over midnight and over the change of the clocks counts what it lasted, on each of its days", () => {
    const long = [entry(at("2026-10-24T20:00Z"), at("2026-10-26T01:00Z"))];
    const { totals, ms } = report(long, query({ zone: "Europe/Prague" }));
    expect(shown(totals)).toEqual([
      ["2026-10-24", 2],
      ["2026-10-25", 25],
      ["2026-10-26", 2],
    ]);
    expect(ms).toBe(29 * HOUR);
  });

  test("weeks, months, quarters and years are those of the calendar", () => {
    const work = [entry(at("2027-01-01T10:00Z"), at("2027-01-01T11:00Z"))];
    const keys = (by: Grouping): unknown => report(work, query({ by: [by] })).totals[0]?.keys;
    expect((["week", "month", "quarter", "year"] as const).map(keys)).toEqual([
      ["2026-W53"],
      ["2027-01"],
      ["2027-Q1"],
      ["2027"],
    ]);
  });
});

describe("a report", () => {
  test("counts a running interval up to now, and nothing outside of its period", () => {
    const work = [entry(0, 2 * HOUR), entry(3 * HOUR, null), entry(90 * HOUR, 91 * HOUR)];
    const { ms, intervals } = report(work, query({ from: HOUR, to: 50 * HOUR, now: 5 * HOUR }));
    expect([ms, intervals]).toEqual([3 * HOUR, 2]);
  });

  test("sorts by the longest, keeps what belongs together, and leaves time in its order", () => {
    const work = [
      entry(0, HOUR, { client: "b" }),
      entry(24 * HOUR, 27 * HOUR, { client: "a" }),
      entry(28 * HOUR, 33 * HOUR, { client: "b" }),
    ];
    expect(shown(report(work, query({ by: ["client", "day"] })).totals)).toEqual([
      ["b 1970-01-01", 1],
      ["b 1970-01-02", 5],
      ["a 1970-01-02", 3],
    ]);
  });

  test("an interval counts under each of its tags, and in the sum once", () => {
    const work = [entry(0, HOUR, { tags: ["css", "html", "css"] }), entry(HOUR, 3 * HOUR)];
    const { totals, ms } = report(work, query({ by: ["tag"] }));
    expect(shown(totals)).toEqual([
      ["", 2],
      ["css", 1],
      ["html", 1],
    ]);
    expect(ms).toBe(3 * HOUR);
  });
});

describe("rounding", () => {
  const rounding = (text: string): Query["round"] => parseRounding(text);

  test.each([
    ["15m", 45],
    ["15m:up/interval", 60],
    ["15m:down/day", 30],
    ["16m:nearest/interval", 32],
    ["1h:up/total", 60],
    ["1h:up/day", 120],
  ])("%s of 7, 8 and 23 minutes on two days is %d", (text, minutes) => {
    const work = [entry(0, 7 * MINUTE), entry(HOUR, HOUR + 8 * MINUTE), entry(25 * HOUR, 25 * HOUR + 23 * MINUTE)];
    const { billedMs, ms } = report(work, query({ round: rounding(text) }));
    expect([billedMs / MINUTE, ms / MINUTE]).toEqual([minutes, 38]);
  });

  test.each(["", "15", "0m", "15m:sideways", "15m:up/moon", "25h", "-5m", "1.5h"])("%j is no rounding", (text) => {
    expect(parseRounding(text)).toBeUndefined();
  });
});

describe("money", () => {
  test.each([
    ["60EUR", "60.00 EUR"],
    ["60.5 eur", "60.50 EUR"],
    ["0,05CZK", "0.05 CZK"],
    ["1000JPY", "1000 JPY"],
    ["1.234KWD", "1.234 KWD"],
  ])("%j is %s", (text, told) => {
    const amount = parseAmount(text);
    expect(amount && amountText(amount)).toBe(told);
  });

  test.each(["60", "EUR", "1.234EUR", "0.5JPY", "60XQX", "-5EUR", "1e3EUR"])("%j is no amount", (text) => {
    expect(parseAmount(text)).toBeUndefined();
  });

  test("a price is rounded half up, once for all intervals of a task: thirty times 12 minutes are six hours", () => {
    expect([costOf(30_000, 60), costOf(29_999, 60), costOf(8e12, 1_000_000)]).toEqual([1, 0, 2_222_222_222_222]);
    const work = Array.from({ length: 30 }, (_, n) => entry(n * HOUR, n * HOUR + 12 * MINUTE));
    const rates = [{ scope: "", from: "", minor: 3333, currency: "EUR" }];
    expect(report(work, query({ rates, by: ["task"] })).money).toEqual({ EUR: 19_998 });
  });

  test("a rate is the task's, else the project's, the client's, everybody's, and holds from its day on", () => {
    const rates: Rate[] = [
      { scope: "", from: "", minor: 100, currency: "EUR" },
      { scope: "acme", from: "2026-01-01", minor: 200, currency: "EUR" },
      { scope: "acme", from: "2026-06-01", minor: 300, currency: "EUR" },
      { scope: "acme/site/header", from: "2026-09-01", minor: 500, currency: "USD" },
    ];
    const hour = (day: string, more: Partial<Entry> = {}): Entry =>
      entry(at(`${day}T10:00Z`), at(`${day}T11:00Z`), more);
    const work = [
      hour("2025-12-31"),
      hour("2026-01-01"),
      hour("2026-06-01"),
      hour("2026-06-02", { billable: false }),
      hour("2026-09-01"),
      hour("2026-09-02", { task: "footer" }),
      hour("2026-09-03", { client: "other" }),
    ];
    const { totals, money } = report(work, query({ rates }));
    expect(totals.map((total) => total.money)).toEqual([
      { EUR: 100 },
      { EUR: 200 },
      { EUR: 300 },
      {},
      { USD: 500 },
      { EUR: 300 },
      { EUR: 100 },
    ]);
    expect(money).toEqual({ EUR: 1000, USD: 500 });
  });

  test("the rate of an interval over midnight is that of the day on which it began", () => {
    const rates: Rate[] = [
      { scope: "", from: "", minor: 100, currency: "EUR" },
      { scope: "", from: "2026-01-02", minor: 900, currency: "EUR" },
    ];
    const night = [entry(at("2026-01-01T23:00Z"), at("2026-01-02T01:00Z"))];
    expect(report(night, query({ rates })).money).toEqual({ EUR: 200 });
  });
});

describe("whatever is handed out", () => {
  test("is what each part is worth by itself, as near as the sum allows: half an hour at 50 is 25, beside other hours", () => {
    const minutes = [30, 90, 120, 100];
    expect(apportion(costOf(340 * MINUTE, 5000), minutes)).toEqual([2500, 7500, 10_000, 8333]);
  });

  test("adds up to what there was, each part less than one away from its share", () => {
    const total = fc.integer({ min: 0, max: 2 ** 45 });
    fc.assert(
      fc.property(total, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (total, weights) => {
        const parts = apportion(total, weights);
        const sum = weights.reduce((all, weight) => all + weight, 0);
        expect(parts.reduce((all, part) => all + part, 0)).toBe(total);
        const shares = weights.map((weight) => (total * weight) / sum);
        const off = parts.map((part, i) => Math.abs(part - (shares[i] ?? 0)));
        if (sum > 0) expect(Math.max(...off)).toBeLessThan(1.01);
      }),
    );
  });
});

const zones = ["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];
// Around changes of the clocks, in minutes.
const around = ["2026-03-28T12:00Z", "2026-10-24T12:00Z", "2026-10-31T12:00Z", "2026-04-04T02:00Z"].map(
  (text) => at(text) / MINUTE,
);

const work: fc.Arbitrary<Entry[]> = fc
  .tuple(
    fc.constantFrom(...around),
    fc.array(
      fc.record({
        gap: fc.integer({ min: 0, max: 900 }),
        length: fc.integer({ min: 1, max: 600 }),
        task: fc.constantFrom("a/x/1", "a/x/2", "a/y/1", "b/x/1"),
        tags: fc.subarray(["css", "html"]),
        billable: fc.boolean(),
      }),
      { maxLength: 8 },
    ),
  )
  .map(([begin, parts]) => {
    let now = begin;
    return parts.map(({ gap, length, task, tags, billable }, n) => {
      const [client = "", project = "", name = ""] = task.split("/");
      const start = now + gap;
      now = start + length;
      return entry(start * MINUTE, now * MINUTE, { id: `i${n}`, client, project, task: name, tags, billable });
    });
  });

// Minute by minute, with the platform's own calendar.
function modelled(
  entries: readonly Entry[],
  zone: string,
  keysOf: (entry: Entry, date: string) => string[],
): Map<string, number> {
  const date = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const sums = new Map<string, number>();
  for (const entry of entries) {
    for (let at = entry.start; at < (entry.end ?? 0); at += MINUTE) {
      for (const key of keysOf(entry, date.format(at))) sums.set(key, (sums.get(key) ?? 0) + MINUTE);
    }
  }
  return sums;
}

const rates: Rate[] = [
  { scope: "", from: "", minor: 3333, currency: "EUR" },
  { scope: "a/x", from: "2026-10-25", minor: 4567, currency: "EUR" },
  { scope: "b", from: "", minor: 999, currency: "JPY" },
];

describe("totals of any work", () => {
  test("are what counting minute by minute gives", () => {
    const models: [Grouping, (entry: Entry, date: string) => string[]][] = [
      ["task", ({ client, project, task }) => [`${client}/${project}/${task}`]],
      ["day", (_, date) => [date]],
      ["month", (_, date) => [date.slice(0, 7)]],
      ["tag", ({ tags }) => (tags.length === 0 ? [""] : [...tags])],
    ];
    fc.assert(
      fc.property(work, fc.constantFrom(...zones), fc.constantFrom(...models), (entries, zone, [by, keysOf]) => {
        const { totals } = report(entries, query({ zone, by: [by] }));
        const counted = new Map(totals.map(({ keys, ms }) => [keys.join(), ms]));
        expect(counted).toEqual(modelled(entries, zone, keysOf));
      }),
      { numRuns: 60 },
    );
  });

  test("agree by every grouping, worked, rounded and in money", () => {
    const rounds = [undefined, "15m", "6m:nearest/interval", "1h:down/total", "7m:up/day"].map((text) =>
      parseRounding(text ?? ""),
    );
    const partitions = GROUPINGS.filter((by) => by !== "tag");
    fc.assert(
      fc.property(work, fc.constantFrom(...zones), fc.constantFrom(...rounds), (entries, zone, round) => {
        const reports = GROUPINGS.map((by) => report(entries, query({ zone, by: [by], round, rates })));
        for (const { ms, billedMs, money, intervals } of reports) {
          expect({ ms, billedMs, money, intervals }).toMatchObject({
            ms: reports[0]?.ms,
            billedMs: reports[0]?.billedMs,
            money: reports[0]?.money,
            intervals: entries.length,
          });
        }
        for (const by of partitions) {
          const { totals, ms, billedMs, money } = report(entries, query({ zone, by: [by, "day"], round, rates }));
          const sum = (of: (total: Total) => number): number => totals.reduce((all, total) => all + of(total), 0);
          expect([sum((t) => t.ms), sum((t) => t.billedMs)]).toEqual([ms, billedMs]);
          for (const [currency, minor] of Object.entries(money)) expect(sum((t) => t.money[currency] ?? 0)).toBe(minor);
        }
      }),
      { numRuns: 60 },
    );
  });
});
