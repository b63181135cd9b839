/**
 * `@good-place/neil/domain`: Neil's acts and rules, for any store that wants to run them.
 */
export { decideAway, noticeAway } from "./acts/away.js";
export { neilActs } from "./acts/index.js";
export {
  addInterval,
  editInterval,
  IMPORT_MOST,
  importIntervals,
  joinIntervals,
  refuseClashes,
  removeIntervals,
  splitInterval,
} from "./acts/intervals.js";
export { cancelInvoice, draftInvoice, issueInvoice, payInvoice, removeInvoice, setTerms } from "./acts/invoices.js";
export { setBudget, setRate } from "./acts/money.js";
export { addName, editName, mergeNames, removeName } from "./acts/names.js";
export { retrace, retraces } from "./acts/steps.js";
export { startTask, stopTask, switchTask } from "./acts/timer.js";
export { change } from "./change.js";
export { entries, type NamedInterval } from "./entries.js";
export { find, type Handle, handleOf, handleText, parseHandle } from "./handle.js";
export type { Bill, Invoice, Line, Sums } from "./invoice.js";
export {
  type Client,
  emptyOffice,
  type Interval,
  type Office,
  type OfficeSnapshot,
  type Project,
  snapshotOf,
  type Task,
} from "./office.js";
export { type RefusalCode, Refused } from "./refused.js";
export { clock, GROUPINGS, type Grouping, type Report, report } from "./report.js";
export { revived } from "./revived.js";
export {
  emptyPage,
  LATE_MS,
  type News,
  NOTHING_SHOWN,
  newsOf,
  type PageOffice,
  type Shown,
  shownOf,
  told,
} from "./shown.js";
export { type Status, status } from "./status.js";
export { newest, overlapping } from "./timeline.js";
