/**
 * `@good-place/mansion/browser`: journals in the browser's IndexedDB, so that a page's store survives a reload. Imports
 * nothing of Node.
 */

export type { BrowserMansion, BrowserMansionOptions } from "./browser/mansion.js";
export { openMansion } from "./browser/mansion.js";
export { type Damage, MansionError, type MansionErrorCode } from "./errors.js";
export { memoryJournal } from "./memory.js";
