/** Where the journal of a store lives on disk: `openMansion`, its types and its errors. */

export { type Damage, type Holder, MansionError, type MansionErrorCode } from "./errors.js";
export type { FollowOptions, MansionJournal, Position } from "./journal.js";
export { type Mansion, openMansion } from "./mansion.js";
export type { Durability, MansionOptions } from "./options.js";
