/**
 * The options of `openMansion`, checked before anything is touched. What is not known is refused, with the nearest
 * word that is: a misspelt `durability` must not quietly become the default.
 */

import { homedir } from "node:os";
import { resolve } from "node:path";
import { misuse } from "./errors.js";

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

const known = ["path", "durability"] as const;
const levels: readonly unknown[] = ["disk", "memory"];

/** Checks the options and fills in the defaults. Throws UNKNOWN_OPTION or MANSION_OPTION. */
export function checkOptions(options: MansionOptions): Required<MansionOptions> {
  if (typeof options !== "object" || options === null) {
    throw misuse("MANSION_OPTION", `openMansion() expects options, got ${options}: pass { path: "a/folder" }`);
  }
  for (const key of Object.keys(options)) {
    if ((known as readonly string[]).includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `there are ${known.join(", ")}` : `did you mean "${near}"?`;
    throw misuse("UNKNOWN_OPTION", `openMansion() has no option "${key}"; ${hint}`);
  }
  const { path, durability = "disk" } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw misuse("MANSION_OPTION", `openMansion() option path must name a folder, got ${typeof path}: pass a path`);
  }
  if (!levels.includes(durability)) {
    throw misuse("MANSION_OPTION", `openMansion() option durability must be "disk" or "memory", got ${durability}`);
  }
  return { path: expand(path), durability };
}

function expand(path: string): string {
  return resolve(path === "~" || path.startsWith("~/") ? homedir() + path.slice(1) : path);
}

function nearest(word: string, words: readonly string[]): string | undefined {
  const close = words.map((other) => ({ other, distance: edits(word.toLowerCase(), other) }));
  const best = close.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.other : undefined;
}

// How many letters must be put in, taken out or changed to get from one word to the other.
function edits(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = (above[column - 1] as number) + Number(a[row - 1] !== b[column - 1]);
      line.push(Math.min(change, (above[column] as number) + 1, (line[column - 1] as number) + 1));
    }
    above = line;
  }
  return above[b.length] as number;
}
