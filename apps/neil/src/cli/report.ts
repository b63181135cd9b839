/** `neil report`: totals, the longest first, and their sum. */
import { clock, GROUPINGS, type Grouping } from "../domain/report.js";
import { EXIT } from "../errors.js";
import { call } from "./call.js";
import type { Parsed } from "./command.js";
import { usage } from "./parse.js";
import { print } from "./print.js";

export async function showReport({ command, options: { by = "project" }, json }: Parsed): Promise<number> {
  const grouping = GROUPINGS.find((known) => known === by);
  if (grouping === undefined) throw usage(command, `--by takes ${GROUPINGS.join(", ")}, got "${by}"`);
  const report = await call((neil, options) => neil.report({ by: grouping }, options));
  print(json, report, table(report.totals, report.ms, grouping));
  return EXIT.ok;
}

function table(totals: readonly { handle: string; ms: number }[], ms: number, by: Grouping): string {
  if (totals.length === 0) return "nothing was worked on yet";
  const rows = [
    ...totals.map(({ handle, ms }) => [handle, clock(ms)]),
    [`${totals.length} ${by}${totals.length === 1 ? "" : "s"}`, clock(ms)],
  ];
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? "").length));
  const [left, right] = [width(0), width(1)];
  const lines = rows.map(([name = "", time = ""]) => `${name.padEnd(left)}  ${time.padStart(right)}`);
  lines.splice(-1, 0, "-".repeat(left + right + 2));
  return lines.join("\n");
}
