/**
 * `@good-place/neil/books`: Neil's reports, exports and imports as pure functions over lists of intervals.
 */
export { WRITERS } from "./export/formats.js";
export type { Occasion, Writer } from "./export/write.js";
export { IMPORT_FORMATS, readings } from "./import/formats.js";
export { namingOf } from "./import/names.js";
export { type Plan, planned } from "./import/plan.js";
export type { Draft, Reading, Setting } from "./import/read.js";
export { type Drawn, drawn, type LeftOut } from "./invoice/bill.js";
export { apportion } from "./report/apportion.js";
export { type Day, daysOf } from "./report/days.js";
export type { Entry } from "./report/entry.js";
export { type Amount, amountText, costOf, type Money, moneyText, parseAmount } from "./report/money.js";
export type { Rate } from "./report/rates.js";
export { parseRounding, type Rounding, rounded } from "./report/rounding.js";
export { bar, table, timeText } from "./report/text.js";
export { GROUPINGS, type Grouping, type Query, type Report, report, type Total } from "./report/totals.js";
export { type Wall, wallOf } from "./report/wall.js";
export { invoiceFaults } from "./server/invoice-faults.js";
