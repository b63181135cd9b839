/** `neil rate` and `neil budget`: what an hour costs from when on, and how much may be worked. */
import { EXIT } from "../../errors.js";
import { BUDGET_SPANS, type Budget, type Used } from "../../report/budgets.js";
import { amountText, parseAmount } from "../../report/money.js";
import type { Rate } from "../../report/rates.js";
import { bar, table, timeText } from "../../report/text.js";
import { dateAt } from "../../time/calendar.js";
import { readDuration } from "../../time/duration.js";
import { parsePeriod } from "../../time/period.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { print } from "../print.js";
import { begin, tellDone } from "../run/asking.js";
import { choice } from "./options.js";

const BAR = 20;
/** The word for everything, where a handle would stand. */
const EVERYTHING = "default";

export async function rate(parsed: Parsed): Promise<number> {
  const { command, words, options, json, here } = parsed;
  const [verb = "list", scope, text, ...more] = words;
  choice(command, "rate", verb, ["list", "set", "rm"]);
  if (verb === "list" && scope === undefined) {
    const rates = await call((neil, callOptions) => neil.rates({}, callOptions));
    print(json, { rates }, ratesText(rates));
    return EXIT.ok;
  }
  if (scope === undefined || more.length > 0 || (verb === "set") !== (text !== undefined)) {
    throw usage(
      command,
      `rate ${verb} takes ${verb === "list" ? "no words" : verb === "set" ? "HANDLE AMOUNT/h" : "HANDLE"}`,
    );
  }
  const amount = verb === "set" ? parseAmount((text ?? "").replace(/\/h$/, "")) : null;
  if (amount === undefined)
    throw usage(command, `a rate is an amount an hour, like 60EUR/h or 62.50USD/h; got "${text}"`);
  const from = options.from === undefined ? "" : dateAt(parsePeriod(options.from, here).from, here).toString();
  const set = { ...begin(parsed), scope: scopeOf(scope), from, amount };
  const { rate, replaced } = await call((neil, callOptions) => neil["rate/set"](set, callOptions));
  const since = from === "" ? "" : ` from ${from} on`;
  const told = amount === null ? "has no rate of its own" : `costs ${amountText(amount)}/h`;
  const before = replaced === null ? "" : `; it was ${amountText(replaced)}/h`;
  tellDone(parsed, { rate, replaced }, `${scope} ${told}${since}${before}`);
  return EXIT.ok;
}

function ratesText(rates: readonly Rate[]): string {
  if (rates.length === 0) return "there are no rates: set one with npx neil rate set acme 60EUR/h";
  const rows = rates.map(({ scope, from, ...amount }) => [
    scope || EVERYTHING,
    `${amountText(amount)}/h`,
    from || "always",
  ]);
  return table([left("for"), right("rate"), left("from")], rows, { sum: false });
}

export async function budget(parsed: Parsed): Promise<number> {
  const { command, words, options, json, here } = parsed;
  const [verb = "list", scope, text, ...more] = words;
  choice(command, "budget", verb, ["list", "set", "rm"]);
  if (verb === "list" && scope === undefined) {
    const asked = { zone: here.zone, dayStart: here.dayStart ?? 0, weekStart: here.weekStart };
    const budgets = await call((neil, callOptions) => neil.budgets(asked, callOptions));
    print(json, { budgets }, budgetsText(budgets));
    return EXIT.ok;
  }
  if (scope === undefined || more.length > 0 || (verb === "set") !== (text !== undefined)) {
    throw usage(
      command,
      `budget ${verb} takes ${verb === "list" ? "no words" : verb === "set" ? "HANDLE HOURS|AMOUNT" : "HANDLE"}`,
    );
  }
  const per = choice(command, "--per", options.per ?? "all", BUDGET_SPANS);
  const limit = verb === "set" ? limitOf(text ?? "") : null;
  if (limit === undefined) throw usage(command, `a budget is hours or an amount, like 40h or 2000EUR; got "${text}"`);
  const set = { ...begin(parsed), scope: scopeOf(scope), per, limit };
  await call((neil, callOptions) => neil["budget/set"](set, callOptions));
  const told = limit === null ? "has no budget" : `has a budget of ${limitText(limit)}${perText(per)}`;
  tellDone(parsed, { budget: limit && { scope: scopeOf(scope), per, limit } }, `${scope} ${told}`);
  return EXIT.ok;
}

function budgetsText(budgets: readonly Used[]): string {
  if (budgets.length === 0) return "there are no budgets: set one with npx neil budget set acme/site 40h";
  const rows = budgets.map(({ scope, per, limit, used }) => {
    const whole = "ms" in limit ? limit.ms : limit.minor;
    const percent = whole === 0 ? 100 : Math.floor((used / whole) * 100);
    const told = "ms" in limit ? timeText(used) : amountText({ ...limit, minor: used });
    // Not by a colour alone: what is over says so.
    return [
      scope || EVERYTHING,
      told,
      `${limitText(limit)}${perText(per)}`,
      `${percent} %`,
      `${bar(used, whole, BAR)}${used > whole ? " over" : ""}`,
    ];
  });
  const columns = [left("for"), right("used"), right("of"), right(""), left("")];
  return table(columns, rows, { sum: false });
}

function limitOf(text: string): Budget["limit"] | undefined {
  const ms = readDuration(text.toLowerCase());
  return ms === undefined ? parseAmount(text) : { ms };
}

function limitText(limit: Budget["limit"]): string {
  return "ms" in limit ? `${timeText(limit.ms)} h` : amountText(limit);
}

function perText(per: Budget["per"]): string {
  return per === "all" ? "" : ` a ${per}`;
}

function scopeOf(word: string): string {
  return word === EVERYTHING ? "" : word;
}

function left(head: string): { head: string; side: "left" } {
  return { head, side: "left" };
}

function right(head: string): { head: string; side: "right" } {
  return { head, side: "right" };
}
