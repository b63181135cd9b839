/**
 * The options of `openMansion`, checked before anything is touched. What is not known is refused, with the nearest
 * word that is: a misspelt `durability` must not quietly become the default.
 */

import { homedir } from "node:os";
import { resolve } from "node:path";
import { describe, misuse, checkOptions as refuseUnknown } from "@good-place/channel/misuse";

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
  /**
   * Opens a mansion that is there beside whoever writes to it, in this process or another, to read and to follow its
   * journals. It needs no lock, and makes nothing. A process that has
   * it open to be read cannot open it for writing as well (MANSION_LOCKED); the other way round it can. False by default.
   */
  readonly readOnly?: boolean;
  /** How many bytes a stored record may have; 16 MiB by default. Larger ones are refused with JOURNAL_TOO_LARGE. */
  readonly maxRecordBytes?: number;
}

/** The largest `maxRecordBytes`: for whoever takes over records that have been kept already. */
export const MOST_RECORD_BYTES: number = 1 << 30;

const levels: readonly unknown[] = ["disk", "memory"];

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_OPTION. */
export function checkOptions(options: MansionOptions): Required<MansionOptions> {
  refuseUnknown("openMansion()", options, ["path", "durability", "readOnly", "maxRecordBytes"]);
  const { path, durability = "disk", readOnly = false, maxRecordBytes = 16 << 20 } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw misuse("type", "BAD_OPTION", `openMansion() option path must name a folder, got ${typeof path}: pass a path`);
  }
  if (!levels.includes(durability)) {
    throw misuse("type", "BAD_OPTION", `openMansion() option durability must be "disk" or "memory", got ${durability}`);
  }
  if (typeof readOnly !== "boolean") {
    throw misuse(
      "type",
      "BAD_OPTION",
      `openMansion() option readOnly must be true or false, got ${describe(readOnly)}`,
    );
  }
  if (!(Number.isSafeInteger(maxRecordBytes) && maxRecordBytes >= 256 && maxRecordBytes <= MOST_RECORD_BYTES)) {
    const came = describe(maxRecordBytes);
    throw misuse(
      "type",
      "BAD_OPTION",
      `openMansion() option maxRecordBytes must be an integer from 256 to 2^30, got ${came}`,
    );
  }
  return { path: expand(path), durability, readOnly, maxRecordBytes };
}

/** The folder that a path names: a leading `~/` is the home folder. */
export function expand(path: string): string {
  return resolve(path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path);
}
