import { days, type Here, parseDuration, parseMoment, parsePeriod, takeStretch } from "@good-place/neil/time";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const PRAGUE = "Europe/Prague";
const NEW_YORK = "America/New_York";
// Half an hour beside the others, and its clocks are put forward by half an hour only.
const LORD_HOWE = "Australia/Lord_Howe";
const HOUR = 3_600_000;

// A Wednesday.
const here: Here = { now: Date.parse("2026-10-07T12:00:00Z"), zone: PRAGUE };

function at(text: string, where: Here = here): string {
  return new Date(parseMoment(text, where).at).toISOString().replace(".000Z", "Z");
}

describe("moments", () => {
  test.each([
    ["now", "2026-10-07T12:00:00Z"],
    ["9:15", "2026-10-07T07:15:00Z"],
    ["9.15", "2026-10-07T07:15:00Z"],
    ["0915", "2026-10-07T07:15:00Z"],
    ["9:15:30", "2026-10-07T07:15:30Z"],
    ["9am", "2026-10-07T07:00:00Z"],
    ["12am", "2026-10-06T22:00:00Z"],
    ["1:30 pm", "2026-10-07T11:30:00Z"],
    ["noon", "2026-10-07T10:00:00Z"],
    ["-15m", "2026-10-07T11:45:00Z"],
    ["1h30 ago", "2026-10-07T10:30:00Z"],
    ["yesterday 17:00", "2026-10-06T15:00:00Z"],
    ["mon 9:00", "2026-10-05T07:00:00Z"],
    ["wed 9:00", "2026-10-07T07:00:00Z"],
    ["thursday 9:00", "2026-10-01T07:00:00Z"],
    ["tues 9:00", "2026-10-06T07:00:00Z"],
    ["yesterday 24:00", "2026-10-06T22:00:00Z"],
    ["2026-10-06 9:15", "2026-10-06T07:15:00Z"],
    ["2026-10-06T09:15", "2026-10-06T07:15:00Z"],
    ["2026-10-06T09:15:00Z", "2026-10-06T09:15:00Z"],
    ["2026-10-06T09:15+05:30", "2026-10-06T03:45:00Z"],
  ])("%s is %s", (text, iso) => {
    expect(at(text)).toBe(iso);
  });

  test.each([
    ...[
      "",
      "9",
      "25:00",
      "24:01",
      "9:60",
      "13pm",
      "0pm",
      "tomorrow 9:00",
      "2026-02-30 9:00",
      "9:15 css",
      "-css",
      "ago",
    ],
    ...["monkey 9:00", "sunset 9:00", "1969-12-31 9:00", "1969-12-31T09:00Z"],
  ])("%j is no time, and is refused with BAD_MOMENT", (text) => {
    expect(() => parseMoment(text, here)).toThrow(expect.objectContaining({ code: "BAD_MOMENT" }));
  });

  test.each([
    ["2026-03-29 02:30", PRAGUE],
    ["2026-03-08 02:30", NEW_YORK],
    ["2026-10-04 02:15", LORD_HOWE],
  ])("%s in %s, which the clocks left out, is refused and says so", (text, zone) => {
    const where = { now: Date.parse("2026-12-01T00:00:00Z"), zone };
    expect(() => parseMoment(text, where)).toThrow(expect.objectContaining({ code: "BAD_MOMENT" }));
    expect(() => parseMoment(text, where)).toThrow("did not exist");
  });

  test.each([
    ["2026-10-25 02:30", PRAGUE, "2026-10-25T00:30:00Z"],
    ["2026-11-01 01:30", NEW_YORK, "2026-11-01T05:30:00Z"],
    ["2026-04-05 01:45", LORD_HOWE, "2026-04-04T14:45:00Z"],
  ])("%s in %s, which came twice, is the earlier one, with a notice", (text, zone, iso) => {
    const where = { now: Date.parse("2026-12-01T00:00:00Z"), zone };
    expect(at(text, where)).toBe(iso);
    expect(parseMoment(text, where).notice).toContain("twice");
  });
});

describe("stretches", () => {
  test.each([
    ["9:00-11:30 call", 150, 1],
    ["9:00 +1h30 call", 90, 2],
    ["yesterday 9:00-11:30", 150, 2],
    ["yesterday 22:00-1:30", 210, 2],
    ["from 9:00 to 11:30 call", 150, 4],
    ["from yesterday 22:00 to 1:30", 210, 5],
    ["mon 9.00-9.45", 45, 2],
    ["13:30-now", 30, 1],
    ["yesterday 22:00-24:00", 120, 2],
    ["2026-10-06T09:00/2026-10-06T10:00", 60, 1],
  ])("%s takes %d minutes and %d words", (text, minutes, used) => {
    const found = takeStretch(text.split(" "), here);
    expect([(found.end - found.start) / 60_000, found.used]).toEqual([minutes, used]);
  });

  test.each(["", "9:00", "nine-ten", "9:00-25:00", "9:00 +css", "from 9:00", "15:00-now"])(
    "%j is no stretch, and is refused with BAD_MOMENT",
    (text) => {
      expect(() => takeStretch(text.split(" "), here)).toThrow(expect.objectContaining({ code: "BAD_MOMENT" }));
    },
  );

  test("over a night in which the clocks change it takes the hours that passed", () => {
    const where = { now: Date.parse("2026-12-01T00:00:00Z"), zone: PRAGUE };
    const hours = (text: string): number => {
      const { start, end } = takeStretch(text.split(" "), where);
      return (end - start) / HOUR;
    };
    expect(hours("2026-03-28 22:00-6:00")).toBe(7);
    expect(hours("2026-10-24 22:00-6:00")).toBe(9);
  });

  test("its end is the next time at which the clock shows it, also where that day has it twice or not at all", () => {
    const where = { now: Date.parse("2026-12-01T00:00:00Z"), zone: PRAGUE };
    const minutes = (text: string): number => {
      const { start, end } = takeStretch(text.split(" "), where);
      return (end - start) / 60_000;
    };
    expect(minutes("2026-10-25 2:30-2:15")).toBe(45);
    expect(minutes("2026-03-29 22:00-2:30")).toBe(270);
    expect(() => minutes("2026-03-29 1:30-2:30")).toThrow("did not exist");
  });
});

describe("durations", () => {
  test.each([
    ["1h30", 90],
    ["1h30m", 90],
    ["90m", 90],
    ["90min", 90],
    ["1.5h", 90],
    ["1,5h", 90],
    ["1:30", 90],
    ["120s", 2],
  ])("%s is %d minutes", (text, minutes) => {
    expect(parseDuration(text)).toBe(minutes * 60_000);
  });

  test.each(["", "90", "1h60", "h", "-5m", "1:75"])("%j is none, and is refused with BAD_MOMENT", (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "BAD_MOMENT" }));
  });
});

describe("periods", () => {
  const local = (text: string): string[] => {
    const { from, to } = parsePeriod(text, here);
    const format = new Intl.DateTimeFormat("en-CA", { timeZone: PRAGUE, dateStyle: "short" });
    return [format.format(from), format.format(to)];
  };

  test.each([
    ["today", "2026-10-07", "2026-10-08"],
    ["yesterday", "2026-10-06", "2026-10-07"],
    ["week", "2026-10-05", "2026-10-12"],
    ["lastweek", "2026-09-28", "2026-10-05"],
    ["month", "2026-10-01", "2026-11-01"],
    ["lastmonth", "2026-09-01", "2026-10-01"],
    ["quarter", "2026-10-01", "2027-01-01"],
    ["q3", "2026-07-01", "2026-10-01"],
    ["2025-q1", "2025-01-01", "2025-04-01"],
    ["year", "2026-01-01", "2027-01-01"],
    ["2026-02", "2026-02-01", "2026-03-01"],
    ["2026-W41", "2026-10-05", "2026-10-12"],
    ["2020-W53", "2020-12-28", "2021-01-04"],
    ["mon", "2026-10-05", "2026-10-06"],
    ["2026-10-01..2026-10-03", "2026-10-01", "2026-10-04"],
    ["lastmonth..today", "2026-09-01", "2026-10-08"],
  ])("%s is from %s up to %s", (text, from, to) => {
    expect(local(text)).toEqual([from, to]);
  });

  test.each(["", "..", "tody", "2026-13", "2026-02-30", "2026-W54", "2025-W53", "q5", "1..2..3", "today..yesterday"])(
    "%j is none, and is refused with BAD_PERIOD",
    (text) => {
      expect(() => parsePeriod(text, here)).toThrow(expect.objectContaining({ code: "BAD_PERIOD" }));
    },
  );

  test.each([
    ["2026-03-29", PRAGUE, 23],
    ["2026-10-25", PRAGUE, 25],
    ["2026-03-08", NEW_YORK, 23],
    ["2026-11-01", NEW_YORK, 25],
    ["2026-10-04", LORD_HOWE, 23.5],
    ["2026-04-05", LORD_HOWE, 24.5],
  ])("the day %s in %s is %d hours long", (text, zone, hours) => {
    const { from, to } = parsePeriod(text, { ...here, zone });
    expect((to - from) / HOUR).toBe(hours);
  });

  test("it is today from where the day begins, also where the clocks were put forward over that", () => {
    const today = (iso: string): string => {
      const where = { now: Date.parse(iso), zone: PRAGUE, dayStart: 150 };
      return new Date(parsePeriod("today", where).from).toISOString();
    };
    expect(today("2026-03-29T01:29:00Z")).toBe("2026-03-28T01:30:00.000Z");
    expect(today("2026-03-29T01:30:00Z")).toBe("2026-03-29T01:30:00.000Z");
  });

  test("a day that begins at four ends at four", () => {
    const { from, to } = parsePeriod("today", { now: Date.parse("2026-10-07T01:00:00Z"), zone: PRAGUE, dayStart: 240 });
    expect([from, to]).toEqual([Date.parse("2026-10-06T02:00:00Z"), Date.parse("2026-10-07T02:00:00Z")]);
  });
});

describe("days", () => {
  const zones = [PRAGUE, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "Pacific/Apia", "UTC"];
  const year = { min: Date.parse("2011-06-01T00:00:00Z"), max: Date.parse("2012-06-01T00:00:00Z") };

  test("cut a stretch into pieces that touch, each within the day that its zone's clock shows", () => {
    const stretch = fc.record({ zone: fc.constantFrom(...zones), start: fc.integer(year), ms: fc.nat(40 * 24 * HOUR) });
    fc.assert(
      fc.property(stretch, ({ zone, start, ms }) => {
        const pieces = [...days(start, start + ms, { zone })];
        let at = start;
        const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
        for (const piece of pieces) {
          expect(piece.start).toBe(at);
          expect(piece.end).toBeGreaterThan(piece.start);
          // The clock of the platform is the model.
          expect([format.format(piece.start), format.format(piece.end - 1)]).toEqual([piece.date, piece.date]);
          at = piece.end;
        }
        expect(at).toBe(start + ms);
        expect(new Set(pieces.map(({ date }) => date)).size).toBe(pieces.length);
      }),
      { numRuns: 200 },
    );
  });
});
