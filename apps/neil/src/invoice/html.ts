/**
 * An invoice as a page to be printed: one file without scripts, with everything that was typed escaped.
 */
import { escaped } from "../export/html.js";
import type { Sheet } from "../invoices-contract.js";
import { laidOut } from "./layout.js";

const STYLE = `
@page { size: A4; margin: 18mm }
:root { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #111; background: #fff }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 0 1.5rem } .stamp { color: #a00; border: 2px solid; padding: 0 .5rem; margin-left: 1rem }
.parties { display: flex; gap: 2rem } .parties > div { flex: 1; overflow-wrap: anywhere }
h2 { font-size: .85rem; margin: 0; color: #555; font-weight: normal }
p { margin: 0 } .parties p:first-of-type { font-weight: bold }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1.5rem 0 } dt { color: #555 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid #bbb }
td:first-child { overflow-wrap: anywhere }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tfoot td { border: 0 } tfoot tr:last-child { font-weight: bold; font-size: 1.15rem }
.words { margin-top: 2rem } .words p { margin: .5rem 0; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none; padding: 0 } tr { break-inside: avoid } }`;

export function invoiceHtml(sheet: Sheet): string {
  const { title, stamp, from, to, facts, head, rows, sums, words } = laidOut(sheet);
  const party = (label: string, lines: readonly string[]): string =>
    `<div><h2>${label}</h2>${lines.map((line) => `<p>${escaped(line)}</p>`).join("")}</div>`;
  const cell = (tag: string, text: string, index: number): string =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""}${index > 0 ? ' class="n"' : ""}>${escaped(text)}</${tag}>`;
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((text, index) => cell(tag, text, index)).join("")}</tr>\n`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}
</style></head><body><main>
<h1>${escaped(title)}${stamp === "" ? "" : ` <span class="stamp">${escaped(stamp)}</span>`}</h1>
<div class="parties">${party("From", from)}${party("To", to)}</div>
<dl>${facts.map(([label, value]) => `<dt>${label}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>
<table><thead>${row("th", head)}</thead><tbody>
${rows.map((cells) => row("td", cells)).join("")}</tbody><tfoot>
${sums.map(([label, value]) => `<tr><td colspan="${head.length - 1}" class="n">${escaped(label)}</td><td class="n">${escaped(value)}</td></tr>\n`).join("")}</tfoot></table>
<div class="words">${words.map((text) => `<p>${escaped(text)}</p>`).join("")}</div>
</main></body></html>
`;
}
