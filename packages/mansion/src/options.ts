/**
 * The options of `openMansion`, checked before anything is touched. What is not known is refused, with the nearest
 * word that is: a misspelt `durability` must not quietly become the default.
 */

import { homedir } from "node:os";
import { resolve } from "node:path";
import { misuse, checkOptions as refuseUnknown } from "@good-place/channel/misuse";

/** How far a resolved `append` has come. */
export type Durability = "memory" | "disk";

/** What `openMansion` takes. */
export interface MansionOptions {
  /** The folder. Made with mode 0700 if it is missing; a leading `~/` is the home folder. */
  readonly path: string;
  /**
   * `disk` (the default): an append resolves once the operating system says that its bytes are on the device.
   * `memory`: it resolves once the bytes are with the operating system. They outlive the process, not a power cut,
   * and a power cut may damage what was there before: for tests and for data that can be made again.
   */
  readonly durability?: Durability;
}

const levels: readonly unknown[] = ["disk", "memory"];

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_OPTION. */
export function checkOptions(options: MansionOptions): Required<MansionOptions> {
  refuseUnknown("openMansion()", options, ["path", "durability"]);
  const { path, durability = "disk" } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw misuse("type", "BAD_OPTION", `openMansion() option path must name a folder, got ${typeof path}: pass a path`);
  }
  if (!levels.includes(durability)) {
    throw misuse("type", "BAD_OPTION", `openMansion() option durability must be "disk" or "memory", got ${durability}`);
  }
  return { path: expand(path), durability };
}

function expand(path: string): string {
  return resolve(path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path);
}
