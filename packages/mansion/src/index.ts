/** Where journals of stores and documents live on disk: `openMansion`, its types and its errors. */

export type {
  Buffet,
  BuffetOptions,
  BuffetWrite,
  Condition,
  Document,
  Following,
  FollowOptions,
  Incoming,
  Page,
  PageQuery,
  Query,
  Where,
} from "./buffet/face.js";
export type { Scalar } from "./buffet/order.js";
export { type Damage, type Holder, type Issue, MansionError, type MansionErrorCode } from "./errors.js";
export { type Mansion, openMansion } from "./mansion.js";
export type { Durability, MansionOptions } from "./options.js";
