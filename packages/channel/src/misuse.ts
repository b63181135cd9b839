/**
 * `@good-place/channel/misuse`: how every package of the family refuses a wrong call: a TypeError or RangeError with a
 * code, and for an option that does not exist the nearest one that does.
 */
export { checkOptions, describe, type Misuse, misuse, nearest, quote, suggestion } from "./errors.js";
