/**
 * The commands of the books: sums, money, and what goes to other programs and comes from them.
 */
import type { Command } from "../command.js";
import { DRY, FILTER, MANY, PERIOD, UNBILLED } from "./options.js";

const dayStart = {
  value: "H:MM",
  about: "when a day begins, for those who work at night; what neil config says by default",
};

export const books: readonly Command[] = [
  {
    name: "report",
    usage: "[PERIOD] [FILTER ...] [--by WHAT,...] [--round UNIT] [--money] [--chart] [--unbilled]",
    summary: "the time worked in a period, summed up; all by default",
    more: `${PERIOD}. ${FILTER}`,
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
    summary: "what an hour costs; reports and invoices go by it",
    more: "From a day on; HANDLE is a client, a project or a task. The nearest rate counts.",
    example: "neil rate set acme 60EUR/h --from 2026-01-01",
    options: { from: { value: "DAY", about: "the first day; always by default" }, ...DRY },
    words: [0, 3],
    load: async () => (await import("../books/money.js")).rate,
  },
  {
    name: "budget",
    usage: "[set HANDLE|default HOURS|AMOUNT | rm HANDLE|default] [--per SPAN]",
    summary: "how much may be worked, in hours or money, and what is used",
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
    summary: "the intervals of a period, for other programs and people",
    more: `Those that begin in it. ${PERIOD}. ${FILTER}`,
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
    summary: "takes over the intervals of another program",
    more: "A second time changes nothing.",
    example: "neil import toggl report.csv --dry-run --map Acme=acme/site/work",
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
    summary: "a script for your shell that completes commands and handles",
    example: 'eval "$(neil completion bash)"',
    words: [1, 1],
    load: async () => (await import("../books/completion.js")).completion,
  },
  {
    name: "complete",
    usage: "[WORD ...]",
    summary: "what the shells ask: what the last word may be",
    words: [0, MANY],
    load: async () => (await import("../books/completion.js")).complete,
  },
];
