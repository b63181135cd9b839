/** Where journals of stores and documents live on disk: `openMansion`, what looks after it, its types and its errors. */

export type {
  Buffet,
  BuffetFollowOptions,
  BuffetOptions,
  BuffetWrite,
  Condition,
  Document,
  Following,
  Incoming,
  Page,
  PageQuery,
  Query,
  Where,
} from "./buffet/face.js";
export type { Scalar } from "./buffet/order.js";
export type { BuffetReport } from "./care/buffets.js";
export { type Salvage, type SalvagedJournal, salvageMansion } from "./care/salvage.js";
export {
  type CareOptions,
  type JournalReport,
  type MansionReport,
  type Progress,
  verifyMansion,
} from "./care/verify.js";
export { type Damage, type Holder, type Issue, MansionError, type MansionErrorCode } from "./errors.js";
export type { FollowOptions, MansionJournal, Position } from "./journal.js";
export { type Mansion, openMansion } from "./mansion.js";
export { memoryJournal } from "./memory.js";
export type { Durability, MansionOptions } from "./options.js";
