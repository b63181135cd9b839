/** `neil report`: the time worked in a period, summed up, rounded, in money and as bars. The server does the sums. */
import { EXIT } from "../../errors.js";
import { entryFilter, isPattern } from "../../report/filter.js";
import { moneyText } from "../../report/money.js";
import { parseRounding, ROUNDING_USAGE } from "../../report/rounding.js";
import { bar, type Column, table, timeText } from "../../report/text.js";
import { GROUPINGS, type Grouping, type Query, type Report, report, type Sum } from "../../report/totals.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { allEntries } from "../entries.js";
import { periodAndFilter } from "../filter.js";
import { usage } from "../parse.js";
import { oneLine, print } from "../print.js";
import { choice } from "./options.js";

const BAR = 30;

interface Asked extends Omit<Query, "now" | "round" | "rates"> {
  readonly dayStart: number;
  by: Grouping[];
  filter: string[];
  round?: string;
}

interface Shown {
  readonly billed: boolean;
  readonly money: boolean;
  readonly chart: boolean;
}

export async function showReport(parsed: Parsed): Promise<number> {
  const { command, words, options, json, here } = parsed;
  const { period, filter } = periodAndFilter(words, here, "all");
  const by = (options.by ?? "project").split(",").map((word) => choice(command, "--by", word.trim(), GROUPINGS));
  const { round } = options;
  if (round !== undefined && parseRounding(round) === undefined) {
    throw usage(command, `--round takes a unit ${ROUNDING_USAGE}; got "${round}"`);
  }
  const { from, to, text } = period;
  const query: Asked = {
    from,
    to,
    zone: here.zone,
    dayStart: here.dayStart ?? 0,
    weekStart: here.weekStart,
    by,
    filter: [...filter],
    ...(round && { round }),
    ...(parsed.flag("unbilled") && { unbilled: true }),
  };
  const sums = filter.some(isPattern)
    ? await summedHere(query, here.now)
    : await call((neil, callOptions) => neil.report(query, callOptions));
  const chart = parsed.flag("chart") && !parsed.plain;
  const shown = { billed: round !== undefined, money: parsed.flag("money"), chart };
  print(json, { period: text, zone: here.zone, ...sums }, reportText(sums, text, shown));
  return EXIT.ok;
}

// What only this side may run, it sums up itself.
async function summedHere({ filter, round, ...query }: Asked, now: number): Promise<Report> {
  const entries = (await allEntries(query)).filter(entryFilter(filter));
  const rates = await call((neil, callOptions) => neil.rates({}, callOptions));
  return report(entries, { ...query, now, rates, round: round === undefined ? undefined : parseRounding(round) });
}

function reportText(sums: Report, period: string, { billed, money, chart }: Shown): string {
  const { totals, by } = sums;
  if (totals.length === 0) return `nothing was worked on${period === "all" ? " yet" : `: ${oneLine(period)}`}`;
  const columns: Column[] = [
    ...by.map((head) => ({ head, side: "left" as const })),
    { head: "time", side: "right" },
    ...(billed ? [{ head: "billed", side: "right" as const }] : []),
    ...(money ? [{ head: "money", side: "right" as const }] : []),
    ...(chart ? [{ head: "", side: "left" as const }] : []),
  ];
  const longest = Math.max(...totals.map(({ ms }) => ms));
  const cells = (sum: Sum): string[] => [
    timeText(sum.ms),
    ...(billed ? [timeText(sum.billedMs)] : []),
    ...(money ? [moneyText(sum.money) || "-"] : []),
  ];
  const rows = totals.map((total) => [
    ...total.keys.map((key) => oneLine(key) || "(none)"),
    ...cells(total),
    ...(chart ? [bar(total.ms, longest, BAR)] : []),
  ]);
  const [last = ""] = by.slice(-1);
  const sum = [
    `${totals.length} ${last}${totals.length === 1 ? "" : "s"}`,
    ...by.slice(1).map(() => ""),
    ...cells(sums),
  ];
  const note = by.includes("tag") ? "\nan interval counts under each of its tags, in the sum once" : "";
  return table(columns, [...rows, sum]) + note;
}
