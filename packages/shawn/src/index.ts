/**
 * `@good-place/shawn`: a store of Acts with supervised Cocoons. Runs in Node and in browsers.
 */
export {
  type Act,
  type ActBody,
  type ActDefinition,
  type ActMaker,
  type ActOptions,
  type ActOutline,
  type AnyActDefinition,
  acts,
  type ConfirmedAct,
  type Follow,
} from "./act.js";
export { type AdmitOptions, AdmitTimeoutError, type LivingCocoon } from "./admit.js";
export {
  type CocoonAsyncGenerator,
  type CocoonBody,
  type CocoonGenerator,
  type CocoonOptions,
  type CocoonPolicy,
  type CocoonSpec,
  cocoon,
  type RestartOptions,
} from "./cocoon.js";
export type { Cx } from "./cx.js";
export { emerge } from "./emerge.js";
export { type PayloadCode, PayloadError, type PayloadIssue, ShawnError } from "./errors.js";
export { type History, type HistoryOptions, history, type Retraced, retrace } from "./history.js";
export type { SnapshotOptions } from "./internal/snapshots.js";
export type { Journal, JournalRecord, Level, Meta, Snapshot } from "./journal.js";
export { once } from "./once.js";
export type { Failure, Listener, Phase, ShawnOptions } from "./options.js";
export { type Patch, type PatchPath, patch, patched, patches } from "./patches.js";
export { peek } from "./peek.js";
export { type PayloadType, payload, type StandardSchema } from "./schema.js";
export type { Shawn } from "./shawn.js";
export { type Snoop, type SnoopControl, snoop } from "./snoop.js";
export { shawn } from "./store.js";
export { type Key, type Table, type TableOptions, table } from "./table.js";
export { type ThreadOptions, thread } from "./thread.js";
export { type Upcast, upcast, type Versioned } from "./upcast.js";
