/** Where the journal of a store lives on disk: `openMansion`, what looks after it, its types and its errors. */

export { type Salvage, type SalvagedJournal, salvageMansion } from "./care/salvage.js";
export {
  type CareOptions,
  type JournalReport,
  type MansionReport,
  type Progress,
  verifyMansion,
} from "./care/verify.js";
export { type Damage, type Holder, MansionError, type MansionErrorCode } from "./errors.js";
export type { FollowOptions, MansionJournal, Position } from "./journal.js";
export { type Mansion, openMansion } from "./mansion.js";
export type { Durability, MansionOptions } from "./options.js";
