/** Budgets: how much of each is used, what this month has come to, and what is on no invoice yet. */

import type { Used } from "../../report/budgets.js";
import { amountText, moneyText } from "../../report/money.js";
import { bar } from "../../report/text.js";
import { durationText } from "../../time/duration.js";
import { STYLE } from "../screen/frame.js";
import type { Panel } from "./panel.js";

const NEARLY = 80;

export const budgets: Panel = {
  name: "budgets",
  label: "Budgets",
  empty: "none: neil budget set",
  first: "top",
  title: () => "Budgets",
  head(_dash, { earned, unbilled }) {
    const lines = [
      ["month", moneyText(earned)],
      ["unbilled", moneyText(unbilled)],
    ];
    return lines.filter(([, money]) => money !== "").map(([name, money]) => [[`${name} ${money}`, STYLE.plain]]);
  },
  rows: (_dash, books) =>
    books.budgets.map((budget) => {
      const { scope, per, used } = budget;
      const whole = wholeOf(budget);
      const percent = whole === 0 ? 100 : Math.floor((used / whole) * 100);
      const over = used > whole;
      const style = over ? STYLE.red | STYLE.bold : percent >= NEARLY ? STYLE.yellow : STYLE.plain;
      const span = per === "all" ? "" : ` a ${per}`;
      return {
        key: `${scope} ${per}`,
        left: [[scope === "" ? "everything" : scope, style]],
        // Not by a colour alone: what is over has a mark.
        right: [[`${over ? "!" : ""}${percent}%`, style]],
        subject: { tag: "other" },
        detail: [
          scope === "" ? "everything" : scope,
          `${text(budget, used)} of ${text(budget, whole)}${span}: ${percent} %${over ? ", over" : ""}`,
          bar(used, whole, 30),
          over ? `${text(budget, used - whole)} too much` : `${text(budget, whole - used)} left`,
        ],
      };
    }),
};

function wholeOf({ limit }: Used): number {
  return "ms" in limit ? limit.ms : limit.minor;
}

function text({ limit }: Used, value: number): string {
  return "ms" in limit ? durationText(value) : amountText({ currency: limit.currency, minor: value });
}
