/**
 * The commands of the books: sums, money, and what goes to other programs and comes from them.
 */
import type { Command } from "../command.js";
import { DRY, FILTER, MANY, UNBILLED } from "./options.js";

const dayStart = {
  value: "H:MM",
  about: "when a day begins, for those who work at night; what neil config says by default",
};

export const books: readonly Command[] = [
  {
    name: "report",
    usage: "[PERIOD] [FILTER ...] [--by WHAT,...] [--round UNIT] [--money] [--chart] [--unbilled]",
    summary: `the time worked in a period, summed up; of all time by default. ${FILTER}`,
    example: "neil report lastmonth --by client --money --round 15m:up/day",
    options: {
      by: {
        value: "client|project|task|tag|day|week|month|quarter|year",
        about: "what to sum up by, more than one with commas; project by default",
      },
      round: {
        value: "UNIT[:up|nearest|down][/interval|day|total]",
        about: "rounds what is billed: 15m, 6m:nearest/interval",
      },
      money: { about: "what it costs, by the rates of that time" },
      chart: { about: "a bar for each row" },
      ...UNBILLED,
      "day-start": dayStart,
    },
    words: [0, MANY],
    load: async () => (await import("../books/report.js")).showReport,
  },
  {
    name: "rate",
    usage: "[set HANDLE|default AMOUNT/h | rm HANDLE|default] [--from DAY]",
    summary: "what an hour costs, from a day on: of a client, a project, a task, or by default; reports go by it",
    example: "neil rate set acme 60EUR/h --from 2026-01-01",
    options: { from: { value: "DAY", about: "the first day; always by default" }, ...DRY },
    words: [0, 3],
    load: async () => (await import("../books/money.js")).rate,
  },
  {
    name: "budget",
    usage: "[set HANDLE|default HOURS|AMOUNT | rm HANDLE|default] [--per SPAN]",
    summary: "how much may be worked, in hours or in money, and how much of it is used",
    example: "neil budget set acme/site 40h --per month",
    options: {
      per: { value: "all|week|month|quarter|year", about: "how long it lasts; for all time by default" },
      ...DRY,
    },
    words: [0, 3],
    load: async () => (await import("../books/money.js")).budget,
  },
  {
    name: "export",
    usage: "csv|json|ical|timeclock|timew|klog|html [PERIOD] [FILTER ...] [--output FILE]",
    summary: `the intervals that begin in a period, for other programs and for people. ${FILTER}`,
    example: "neil export csv 2026-10 client:acme --output acme.csv",
    options: {
      output: { value: "FILE", about: "a new file instead of the terminal" },
      force: { about: "writes over a file that is there" },
      ...UNBILLED,
      "day-start": dayStart,
    },
    words: [1, MANY],
    load: async () => (await import("../books/export.js")).exportFile,
  },
  {
    name: "import",
    usage: "watson|timew|klog|toggl|clockify|harvest|timeclock|bartib|json FILE ... [--dry-run] [--skip-bad]",
    summary: "takes over the intervals of another program; a second time changes nothing",
    example: "neil import toggl report.csv --dry-run --map 'Acme Corp=acme/site/work'",
    options: {
      ...DRY,
      "skip-bad": { about: "leaves out lines that are wrong; without it they stop the import" },
      map: { value: "NAME=HANDLE,...", about: "what names of the file become" },
      longest: { value: "DURATION", about: "what is longer is listed to be reviewed; 12h by default" },
      review: { value: "FILE", about: "keeps that list in a new file, as JSON that can be mended and imported" },
      "day-begins": { value: "H:MM", about: "where hours without a time are put; 9:00 by default" },
    },
    words: [2, MANY],
    load: async () => (await import("../books/import.js")).importFiles,
  },
  {
    name: "completion",
    usage: "bash|zsh|fish",
    summary: "a script that completes commands, options and handles in your shell",
    example: 'eval "$(neil completion bash)"',
    words: [1, 1],
    load: async () => (await import("../books/completion.js")).completion,
  },
  {
    name: "complete",
    usage: "[WORD ...]",
    summary: "what may stand where the last of these words stands, a line each: what the shells ask",
    words: [0, MANY],
    load: async () => (await import("../books/completion.js")).complete,
  },
];
