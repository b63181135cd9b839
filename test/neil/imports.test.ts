import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Entry,
  namingOf,
  type Plan,
  planned,
  type Reading,
  readings,
  report,
  wallOf,
} from "@good-place/neil/books";
import { describe, expect, test } from "vitest";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-01T00:00Z");
const data = fileURLToPath(new URL("../../../shared/timedata/", import.meta.url));

interface Options {
  readonly zone?: string;
  readonly map?: readonly (readonly [string, string])[];
  readonly there?: readonly Entry[];
  readonly dayBegins?: number;
}

function read(format: string, text: string, options: Options = {}): Reading[] {
  const { zone = "Europe/Prague", map = [], dayBegins = 9 * HOUR } = options;
  const setting = { wall: wallOf(zone), naming: namingOf(format, new Map(map)), dayBegins };
  return readings(format, text, setting) ?? [];
}

function plan(format: string, text: string, options: Options = {}): Plan {
  return planned(read(format, text, options), { format, there: options.there ?? [], now: NOW, longestMs: 12 * HOUR });
}

// "acme/site/work 2026-10-05T07:00Z 90m +tag note", in their order.
function told(format: string, text: string, options: Options = {}): string[] {
  const fresh = plan(format, text, options).fresh.toSorted((a, b) => a.draft.start - b.draft.start);
  return fresh.map(({ draft: { handle, start, end, tags, note, billable } }) => {
    const when = `${new Date(start).toISOString().slice(0, 16)}Z ${(end - start) / 60_000}m`;
    return [handle, when, ...tags.map((tag) => `+${tag}`), note, billable === false ? "unbilled" : ""]
      .filter(Boolean)
      .join(" ");
  });
}

function wrongs(format: string, text: string): string[] {
  return plan(format, text).faults.map(({ where, wrong }) => `${where}: ${wrong}`);
}

const TOGGL = `User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags
me,me@example.org,Acme Corp,Site,Header,"fix, again",Yes,2026-10-05,09:00:00,2026-10-05,10:30:00,01:30:00,"css, html"
me,me@example.org,,Mail,,,No,2026-10-05,11:00:00,2026-10-05,11:10:00,00:10:00,
`;
const CLOCKIFY = `"Project","Client","Description","Task","User","Group","Email","Tags","Billable","Start Date","Start Time","End Date","End Time","Duration (h)","Duration (decimal)"
"Site","Acme","fix","Header","me","","me@example.org","css","Yes","10/05/2026","09:00:00 AM","10/05/2026","12:30:00 PM","03:30:00","3.50"
"Site","Acme","more","","me","","me@example.org","","No","10/25/2026","01:00:00 PM","10/25/2026","02:00:00 PM","01:00:00","1.00"
`;
const HARVEST = `Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name
2026-10-05,Acme,Site,S1,Design,kick-off,1.5,Yes,No,Me,Myself
2026-10-05,Acme,Site,S1,Code,,"0,25",No,No,Me,Myself
`;
const TIMECLOCK = `; what hledger reads
i 2026/10/05 09:00:00 acme:site:header  fix the menu  ; css:, html:
o 2026/10/05 10:30:00
i 2026-10-05 11:00 mail
o 2026-10-05 11:10
`;
const BARTIB = `2026-10-05 09:00 - 2026-10-05 10:30 | acme | fix \\| again
2026-10-05 23:30 - 2026-10-06 00:15 | mail |
`;
const KLOG = `2026-10-05 (8h!)
A day of #work
    9:00 - 10:30 acme/site/header fix #css
    1h reading
    -20m coffee
    23:30 - 0:15> late

2026/10/08
\t8:00am - 9:00am
\t<23:50 - 0:10 before
`;
const TIMEW = `inc 20261005T070000Z - 20261005T083000Z # acme/site/header css "two words" # "fix \\"it\\""
inc 20261005T090000Z - 20261005T091000Z # mail
inc 20261005T100000Z - 20261005T101000Z
`;
const TIMEW_JSON = `[{"id":2,"start":"20261005T070000Z","end":"20261005T083000Z","tags":["site","css"],"annotation":"fix"},
{"id":1,"start":"20261005T090000Z"}]`;
const JSON_OWN = `[{"id":"one","client":"acme","project":"site","task":"header","start":"2026-10-05T07:00:00.000Z",
"end":"2026-10-05T10:30:00+02:00","zone":"Europe/Prague","note":"fix","tags":["css"],"billable":false}]`;
const WATSON = `[[1791183600, 1791189000, "Acme Site", "f1", ["css"], 1791189000]]`;

describe("a file of", () => {
  test.each<[format: string, text: string, intervals: string[]]>([
    [
      "toggl",
      TOGGL,
      [
        "Acme-Corp/Site/Header 2026-10-05T07:00Z 90m +css +html fix, again",
        "toggl/Mail/work 2026-10-05T09:00Z 10m unbilled",
      ],
    ],
    [
      "clockify",
      CLOCKIFY,
      ["Acme/Site/Header 2026-10-05T07:00Z 210m +css fix", "Acme/Site/work 2026-10-25T12:00Z 60m more unbilled"],
    ],
    [
      "harvest",
      HARVEST,
      ["Acme/Site/Design 2026-10-05T07:00Z 90m kick-off", "Acme/Site/Code 2026-10-05T08:30Z 15m unbilled"],
    ],
    [
      "timeclock",
      TIMECLOCK,
      ["acme/site/header 2026-10-05T07:00Z 90m +css +html fix the menu", "timeclock/mail/work 2026-10-05T09:00Z 10m"],
    ],
    [
      "bartib",
      BARTIB,
      ["bartib/acme/work 2026-10-05T07:00Z 90m fix | again", "bartib/mail/work 2026-10-05T21:30Z 45m"],
    ],
    [
      "klog",
      KLOG,
      [
        "acme/site/header 2026-10-05T07:00Z 90m +work +css fix",
        "klog/other/work 2026-10-05T21:30Z 45m +work late",
        "klog/other/work 2026-10-05T22:15Z 40m +work reading; -20m coffee",
        "klog/other/work 2026-10-07T21:50Z 20m before",
        "klog/other/work 2026-10-08T06:00Z 60m",
      ],
    ],
    [
      "timew",
      TIMEW,
      [
        'acme/site/header 2026-10-05T07:00Z 90m +css +two words fix "it"',
        "timew/mail/work 2026-10-05T09:00Z 10m",
        "timew/other/work 2026-10-05T10:00Z 10m",
      ],
    ],
    ["timew", TIMEW_JSON, ["timew/site/work 2026-10-05T07:00Z 90m +css fix"]],
    ["watson", WATSON, ["watson/Acme-Site/work 2026-10-05T07:00Z 90m +css"]],
    ["json", JSON_OWN, ["acme/site/header 2026-10-05T07:00Z 90m +css fix unbilled"]],
  ])("%s is read", (format, text, intervals) => {
    expect(told(format, text)).toEqual(intervals);
    expect(wrongs(format, text)).toEqual([]);
    // Whatever wrote the file, and however it ends its lines.
    expect(told(format, `\uFEFF${text.replaceAll("\n", "\r\n")}`)).toEqual(intervals);
  });

  test("a name that the user maps becomes what was said, with or without its levels", () => {
    const map = [
      ["Acme Corp/Site/Header", "acme/site/header"],
      ["Mail", "int/mail"],
    ] as const;
    expect(told("toggl", TOGGL, { map }).map((line) => line.split(" ")[0])).toEqual([
      "acme/site/header",
      "int/mail/work",
    ]);
    expect(told("timew", TIMEW, { map: [["css", "a/b/c"]] })[0]).toContain("a/b/c 2026");
  });

  test.each<[format: string, text: string, wrong: string]>([
    ["toggl", TOGGL.replace("09:00:00", "25:00:00"), 'line 2: "25:00:00" is no time of a day'],
    ["toggl", TOGGL.replace("2026-10-05,11:00", "2026-13-05,11:00"), "line 3: there is no day 2026-13-05"],
    [
      "clockify",
      CLOCKIFY.replaceAll("10/25", "10/05"),
      'line 2: "10/05/2026" may begin with the day or with the month',
    ],
    ["harvest", HARVEST.replace("1.5", "lots"), 'line 2: "lots" is no number of hours'],
    ["harvest", HARVEST.replace("1.5", "15.5"), "line 2: the hours of 2026-10-05 do not fit into the day"],
    ["toggl", TOGGL.replace('fix, again"', 'fix\nagain"').replace("09:00:00", "25:00:00"), 'line 2: "25:00:00" is no'],
    ["toggl", TOGGL.replace(',01:30:00,"css, html"', ""), "line 2: it has 11 columns, the header has 13"],
    ["harvest", HARVEST.replace("kick-off", "fix, 2"), "line 2: it has 12 columns, the header has 11"],
    ["harvest", HARVEST.replace("1.5", "1e0"), 'line 2: "1e0" is no number of hours'],
    [
      "timeclock",
      TIMECLOCK.replace("o 2026/10/05 10:30:00\n", ""),
      "line 2: the work that it begins has no end: line 3 begins other work",
    ],
    ["timeclock", "o 2026/10/05 10:30:00\n", "line 1: it ends work that has not begun"],
    ["timeclock", TIMECLOCK.replace("i 2026-", "j 2026-"), "line 4: expected: i DATE TIME"],
    ["bartib", BARTIB.replace("2026-10-06 00:15 |", "2026-10-06 |"), "line 2: expected"],
    ["bartib", BARTIB.replace("23:30", "23:61"), 'line 2: "23:61" is no time'],
    ["bartib", BARTIB.replace("2026-10-06 00:15", "2026-10-05 00:15"), "line 2: it ends at"],
    ["klog", KLOG.replace("1h reading", "reading"), "line 4: expected a time like 8:00 - 9:30, or 1h30m"],
    ["klog", KLOG.replace("-20m", "-3h"), "line 5: a break needs an entry before it"],
    ["klog", "Monday\n", "line 1: expected the date of a record"],
    ["timew", TIMEW.replace("inc 20261005T09", "exc 20261005T09"), "line 2: expected: inc START - END # TAGS"],
    ["timew", TIMEW.replace("20261005T091000Z", "20261345T091000Z"), 'line 2: "20261345T091000Z" is no time'],
    ["timew", TIMEW.replace("20261005T100000Z", "20260230T100000Z"), 'line 3: "20260230T100000Z" is no time'],
    ["timew", '[{"start":1}]', "interval 1: start"],
    ["watson", '[[1, "x", "p", "id", [], 0]]', "frame 1: field 2"],
    ["watson", '[[1, 2, "!", "id", [], 0]]', 'frame 1: the name "!" has no letter or digit'],
    [
      "watson",
      '[[1, 2, "a b", "x", [], 0], [3, 4, "a-b", "y", [], 0]]',
      'frame 2: "a-b" would get the same name as "a b"',
    ],
    ["watson", '[[1, 2, "a", "x", [], 0], [3, 4, "a", "x", [], 0]]', "frame 2: it has the same id as frame 1"],
    ["json", JSON_OWN.replace("10:30:00+02:00", "25:30"), "interval 1: end"],
    ["json", JSON_OWN.replace("Europe/Prague", "Mars/Olympus"), 'interval 1: there is no time zone "Mars/Olympus"'],
  ])("%s names what is wrong with a line, by its number", (format, text, wrong) => {
    const found = wrongs(format, text).find((each) => each.startsWith(wrong));
    expect(found ?? wrongs(format, text)).toContain(wrong);
  });

  test.each([
    ["watson", "{}", "it is no file of Watson"],
    ["watson", "[", "it is no JSON"],
    ["toggl", "a,b\n1,2\n", 'it has no column "Project"'],
    ["harvest", '"a', "it is no CSV"],
  ])("%s that is none at all says so: %j", (format, text, message) => {
    expect(() => read(format, text)).toThrow(message);
  });

  test("local times are of the zone: the earlier of two, and none that the clock skips", () => {
    const line = (day: string, from: string, to: string): string => `${day} ${from} - ${day} ${to} | p | n\n`;
    expect(told("bartib", line("2026-10-25", "02:30", "03:30"))).toEqual(["bartib/p/work 2026-10-25T00:30Z 120m n"]);
    expect(told("bartib", line("2026-10-25", "02:30", "03:30"), { zone: "UTC" })).toEqual([
      "bartib/p/work 2026-10-25T02:30Z 60m n",
    ]);
    expect(wrongs("bartib", line("2026-03-29", "02:30", "03:30"))).toEqual([
      "line 1: the clock was set forward over this time on 2026-03-29",
    ]);
  });
});

describe("the nights in which the clock is changed", () => {
  test.each([
    "Start date,Start time,Stop date,Stop time,Duration",
    "Start date,Start time,End date,End time,Duration (h)",
  ])("the length that a row names tells which of two times it means: %s", (head) => {
    const row = (from: string, to: string, length: string): string =>
      `Project,Description,${head}\np,n,2026-10-25,${from},2026-10-25,${to},${length}\n`;
    expect(told("toggl", row("01:30", "02:30", "2:00:00"))).toEqual(["toggl/p/work 2026-10-24T23:30Z 120m n"]);
    expect(told("toggl", row("02:30", "03:30", "1:00:00"))).toEqual(["toggl/p/work 2026-10-25T01:30Z 60m n"]);
    // What fits neither is of no help.
    expect(told("toggl", row("02:30", "03:30", "5:00:00"))).toEqual(["toggl/p/work 2026-10-25T00:30Z 120m n"]);
  });

  test("hours without times stay as many as they were", () => {
    const hours = "Date,Client,Project,Task,Notes,Hours\n2026-03-29,a,b,c,n,4\n2026-03-29,a,b,c,m,1\n";
    expect(told("harvest", hours, { dayBegins: HOUR })).toEqual([
      "a/b/c 2026-03-29T00:00Z 240m n",
      "a/b/c 2026-03-29T04:00Z 60m m",
    ]);
    const klog = "2026-03-29\n  4h a/b/c n\n  -30m\n  1:00 - 4:00 a/b/c m\n  -15m\n";
    expect(told("klog", klog, { dayBegins: 0 })).toEqual([
      "a/b/c 2026-03-29T00:00Z 105m m; -15m",
      "a/b/c 2026-03-29T01:45Z 210m n; -30m",
    ]);
    const full = hours.replace("n,4", "n,22");
    expect(plan("harvest", full, { dayBegins: 0 }).faults).toEqual([]);
    expect(plan("harvest", full.replace("m,1", "m,2"), { dayBegins: 0 }).faults).toMatchObject([{ where: "line 3" }]);
  });
});

test("what was begun and not ended is left out, not what was begun after it", () => {
  const text = TIMECLOCK.replace("o 2026/10/05 10:30:00\n", "");
  expect(told("timeclock", text)).toEqual(["timeclock/mail/work 2026-10-05T09:00Z 10m"]);
});

test.each([";", "\t"])("a CSV may part its columns by %j", (sign) => {
  const text = TOGGL.replace('"css, html"', "css").replace('"fix, again"', '"fix; again"').replaceAll(",", sign);
  expect(told("toggl", text)).toEqual([
    "Acme-Corp/Site/Header 2026-10-05T07:00Z 90m +css fix; again",
    "toggl/Mail/work 2026-10-05T09:00Z 10m unbilled",
  ]);
});

describe("a plan", () => {
  const watson = (...frames: [start: number, stop: number, project: string, id: string][]): string =>
    JSON.stringify(frames.map(([start, stop, project, id]) => [start, stop, project, id, [], 0]));
  const reviews = ({ review }: Plan): string[] => review.map(({ where, why }) => `${where}: ${why}`);

  test("takes as many as can stand side by side, and puts the others on the review list", () => {
    const text = watson([0, 900, "whole", "w"], [100, 200, "a", "a"], [200, 300, "b", "b"], [250, 400, "c", "c"]);
    const found = plan("watson", text);
    expect(found.fresh.map(({ draft }) => draft.id)).toEqual(["watson:a", "watson:b"]);
    expect(reviews(found)).toEqual(["frame 4: it overlaps frame 3", "frame 1: it overlaps frame 3"]);
  });

  test("puts what is too long, lies in the future or still runs on the review list, and drops what has no length", () => {
    const future = NOW / 1000;
    const long = watson([0, 43_201, "a", "a"], [50_000, 50_000, "a", "b"], [future - 5, future + 5, "a", "c"]);
    expect(reviews(plan("watson", long))).toEqual([
      "frame 1: it is 12h00 long, more than 12h00",
      "frame 3: it ends in the future, at 2026-11-01T00:00:05.000Z",
    ]);
    expect(plan("watson", long)).toMatchObject({ empty: 1, fresh: [] });
    expect(reviews(plan("timew", TIMEW_JSON))).toEqual(["interval 2: it still runs there: stop it, and import again"]);
  });

  test("knows what is there by its id, or by its times and its task; what overlaps it is for the review list", () => {
    const names = { client: "watson", project: "a", task: "work" };
    const other = { zone: "UTC", note: "", tags: [], billable: true };
    const there: Entry[] = [
      { id: "watson:a", ...names, start: 0, end: 50_000, ...other },
      { id: "mine", ...names, start: 100_000, end: 200_000, ...other },
      { id: "runs", ...names, start: 900_000, end: null, ...other },
    ];
    const text = watson(
      [0, 99, "a", "a"],
      [100, 200, "a", "b"],
      [150, 160, "a", "c"],
      [300, 400, "a", "d"],
      [901, 902, "a", "e"],
    );
    const found = plan("watson", text, { there });
    expect(found).toMatchObject({ known: 2, fresh: [{ draft: { id: "watson:d" } }] });
    expect(reviews(found)).toEqual([
      "frame 3: it overlaps what is there: watson/a/work from 1970-01-01T00:01:40.000Z",
      "frame 5: it overlaps what is there: watson/a/work from 1970-01-01T00:15:00.000Z",
    ]);
  });
});

describe("real data", () => {
  test.each([
    ["watson", "watson-frames-small-anonymised.json", 36],
    ["timew", "timewarrior-2024-04.data", 49],
    ["timew", "timewarrior-export-2024-04.json", 49],
  ])("of %s, %s, is read whole, and its sums are those of its intervals", (format, file, intervals) => {
    if (!existsSync(data + file)) return console.warn(`not tested: ${file} is not here`);
    const { fresh, review, faults } = plan(format, readFileSync(data + file, "utf8"));
    expect([fresh.length, review, faults]).toEqual([intervals, [], []]);
    const entries = fresh.map(({ draft }) => {
      const [client = "", project = "", task = ""] = draft.handle.split("/");
      return { ...draft, client, project, task, zone: "UTC", billable: true };
    });
    const sum = entries.reduce((all, { start, end }) => all + end - start, 0);
    expect(report(entries, { from: 0, to: NOW, now: NOW, zone: "Asia/Kolkata", by: ["day"] }).ms).toBe(sum);
  });
});
