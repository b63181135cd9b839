import { type Entry, namingOf, type Occasion, planned, readings, WRITERS, wallOf } from "@good-place/neil/books";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-12-01T00:00Z");

function entry(start: string, end: string | null, more: Partial<Entry> = {}): Entry {
  const names = { client: "acme", project: "site", task: "header" };
  const times = { start: Date.parse(start), end: end === null ? null : Date.parse(end) };
  return { id: start, ...names, ...times, zone: "UTC", note: "", tags: [], billable: true, ...more };
}

function occasion(zone = "Europe/Prague"): Occasion {
  return { zone, wall: wallOf(zone), now: NOW, title: "2026-10", rates: [] };
}

function written(format: string, entries: readonly Entry[], zone?: string): string {
  return [...(WRITERS[format]?.(entries, occasion(zone)) ?? [])].join("");
}

const fix = entry("2026-10-05T07:00Z", "2026-10-05T08:30Z", { note: "fix the menu", tags: ["css", "two words"] });
const late = entry("2026-10-05T21:30Z", "2026-10-05T22:15:30Z", { client: "acme", project: "mail", task: "work" });
const runs = entry("2026-10-06T07:00Z", null);

describe("a file for", () => {
  test("timeclock names accounts by colons, times by the clock on the wall, and leaves open what runs", () => {
    expect(
      written("timeclock", [fix, late, runs]),
    ).toBe(`i 2026/10/05 09:00:00 acme:site:header  fix the menu  ; css:, two words:
o 2026/10/05 10:30:00
i 2026/10/05 23:30:00 acme:mail
o 2026/10/06 00:15:30
i 2026/10/06 09:00:00 acme:site:header
`);
  });

  test("timewarrior is in UTC, with the handle as a tag and the note as an annotation", () => {
    const quoted = { ...fix, note: 'a "b" \\ c' };
    expect(
      written("timew", [quoted, late, runs]),
    ).toBe(`inc 20261005T070000Z - 20261005T083000Z # "acme/site/header" css "two words" # "a \\"b\\" \\\\ c"
inc 20261005T213000Z - 20261005T221530Z # "acme/mail/work"
inc 20261006T070000Z # "acme/site/header"
`);
  });

  test("klog has a record for each day, and cuts what is longer than a day and the next at its midnights", () => {
    const long = entry("2026-10-08T07:00Z", "2026-10-10T08:00Z");
    expect(written("klog", [fix, late, runs, long])).toBe(`2026-10-05
    9:00 - 10:30 acme/site/header fix the menu #css #two_words
    23:30 - 0:15> acme/mail/work

2026-10-06
    9:00 - ? acme/site/header

2026-10-08
    9:00 - 0:00> acme/site/header

2026-10-09
    0:00 - 0:00> acme/site/header

2026-10-10
    0:00 - 10:00 acme/site/header
`);
  });

  test("a spreadsheet has the offset of the zone in its times, and no text that it would take for a formula", () => {
    const formula = { ...fix, note: '=HYPERLINK("http://example.org")', tags: ["+1"] };
    const text = written("csv", [formula, late, runs]);
    const head = "id,client,project,task,start,end,seconds,note,tags,billable";
    const link = `"'=HYPERLINK(""http://example.org"")"`;
    expect(text.split("\r\n")).toEqual([
      head,
      `${fix.id},acme,site,header,2026-10-05T09:00:00+02:00,2026-10-05T10:30:00+02:00,5400,${link},'+1,yes`,
      `${late.id},acme,mail,work,2026-10-05T23:30:00+02:00,2026-10-06T00:15:30+02:00,2730,,,yes`,
      `${runs.id},acme,site,header,2026-10-06T09:00:00+02:00,,${(NOW - runs.start) / 1000},,,yes`,
      "",
    ]);
  });

  test("a calendar has an event for each finished interval, the same one each time", () => {
    const text = written("ical", [{ ...fix, id: "one", note: "a, b; c" }, runs]);
    expect(text).toContain(
      "UID:one@neil\r\nDTSTAMP:20261005T083000Z\r\nDTSTART:20261005T070000Z\r\nDTEND:20261005T083000Z\r\n",
    );
    expect(text).toContain("SUMMARY:acme/site/header\r\nDESCRIPTION:a\\, b\\; c\r\nCATEGORIES:css,two words\r\n");
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(1);
    expect(written("ical", [{ ...fix, id: "one", note: "a, b; c" }, runs])).toBe(text);
  });

  test("no line of a calendar is longer than 75 bytes, and put together again it is what it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (note) => {
        const text = written("ical", [{ ...fix, note }]);
        const lines = text.split("\r\n");
        expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
        const whole = text.replaceAll("\r\n ", "");
        const escaped = note.replace(/[\\;,]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n");
        if (note !== "") expect(whole).toContain(`DESCRIPTION:${escaped}\r\n`);
      }),
    );
  });

  test("people is one page that runs nothing, says its sums, and escapes what was noted", () => {
    const text = written("html", [{ ...fix, note: "<script>alert(1)</script>" }, late]);
    expect(text).not.toContain("<script");
    expect(text).toContain("&#60;script&#62;");
    expect(text).toContain("default-src 'none'");
    expect(text).toContain("2:16 hours in 2 intervals");
    expect(text).toContain('<th scope="row">acme/mail</th><td class="n">0:46</td>');
  });
});

test("klog's day after ends at its midnight, and what goes on to the next one's is cut", () => {
  const whole = entry("2026-10-08T07:00Z", "2026-10-09T22:00Z");
  const back = readBack("klog", written("klog", [whole]), "Europe/Prague");
  expect(back.reduce((sum, { start, end }) => sum + (end ?? 0) - start, 0)).toBe(39 * HOUR);
});

describe("the hour that the clock shows twice", () => {
  // 02:30 comes at 00:30 and at 01:30 UTC.
  const second = entry("2026-10-25T01:30Z", "2026-10-25T03:00Z");

  test.each(["timeclock", "klog"])("%s refuses its second time with AMBIGUOUS_TIME; in UTC there is none", (format) => {
    expect(() => written(format, [second])).toThrow(expect.objectContaining({ code: "AMBIGUOUS_TIME" }));
    expect(written(format, [second], "UTC")).toContain("1:30");
    const first = entry("2026-10-25T00:30Z", "2026-10-25T03:00Z");
    expect(written(format, [first])).toContain("2:30");
    // Newfoundland's clock has shown the evening before once more.
    const evening = entry("2010-11-07T02:40Z", "2010-11-07T04:00Z");
    expect(() => written(format, [evening], "America/St_Johns")).toThrow(
      expect.objectContaining({ code: "AMBIGUOUS_TIME" }),
    );
  });
});

// What every format of these can say: names of letters, minutes, and times that no clock shows twice.
const name = fc.constantFrom("acme", "site", "header", "work", "other", "timew", "klog", "timeclock", "Übung", "a.b");
const tag = fc.constantFrom("css", "html", "zebra", "tag-1", "Ü");
const note = fc.constantFrom(
  "",
  "fix",
  "call; then mail",
  "see; x:",
  "; y:",
  "end;",
  "a #css b",
  'with "quotes" and \\',
  "a/b/c first",
  "x:",
);
const entries = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 3000 }),
      length: fc.integer({ min: 1, max: 1400 }),
      client: name,
      project: name,
      task: name,
      tags: fc.uniqueArray(tag, { maxLength: 3 }),
      note,
    }),
    { maxLength: 12 },
  )
  .map((parts) => {
    let now = Date.parse("2026-06-01T00:00Z") / 60_000;
    return parts.map(({ gap, length, ...rest }, n): Entry => {
      const start = now + gap;
      now = start + length;
      return { ...rest, id: `i${n}`, start: start * 60_000, end: now * 60_000, zone: "UTC", billable: true };
    });
  });

// What comes back: without ids, and tags as a set.
function told({ id: _, zone: __, ...rest }: Entry): object {
  return { ...rest, tags: rest.tags.toSorted() };
}

function readBack(format: string, text: string, zone: string): Entry[] {
  const setting = { wall: wallOf(zone), naming: namingOf(format, new Map()), dayBegins: 9 * HOUR };
  const found = readings(format, text, setting) ?? [];
  const { fresh, faults, review } = planned(found, { format, there: [], now: NOW, longestMs: 1000 * HOUR });
  expect([faults, review]).toEqual([[], []]);
  return fresh.map(({ draft: { id, handle, start, end, note, tags } }) => {
    const [client = "", project = "", task = ""] = handle.split("/");
    return { id, client, project, task, start, end, note, tags, zone: "UTC", billable: true };
  });
}

describe("a round trip", () => {
  test.each(["timew", "timeclock", "klog", "json"])(
    "through %s gives what was there, and the same file again",
    (format) => {
      fc.assert(
        fc.property(entries, fc.constantFrom("Europe/Prague", "America/New_York", "UTC"), (work, zone) => {
          const text = written(format, work, zone);
          const back = readBack(format, text, zone);
          // In klog a tag that stands in a note is one.
          const noted = (note: string): string[] => (format === "klog" && note.includes("#css") ? ["css"] : []);
          const expected = work.map((each) => ({ ...each, tags: [...new Set([...each.tags, ...noted(each.note)])] }));
          expect(back.map(told)).toEqual(expected.map(told));
          expect(written(format, back, zone)).toBe(text);
        }),
        { numRuns: 150 },
      );
    },
  );
});
