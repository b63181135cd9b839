/**
 * `@good-place/neil/domain`: Neil's acts and rules, for any store that wants to run them.
 */
export { IMPORT_MOST, importIntervals, neilActs, refuseClashes, startTask, stopTask } from "./acts.js";
export { type Handle, handleOf, handleText, parseHandle } from "./handle.js";
export {
  type Client,
  emptyOffice,
  type Interval,
  type Office,
  type OfficeSnapshot,
  type Project,
  revived,
  type Task,
} from "./office.js";
export { type RefusalCode, Refused } from "./refused.js";
export { clock, GROUPINGS, type Grouping, type Report, report } from "./report.js";
export { type Status, status } from "./status.js";
