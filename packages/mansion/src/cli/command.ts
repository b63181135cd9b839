/**
 * What the commands of `mansion` have in common: what they are given, and how they tell.
 */

import type { Progress } from "../care/verify.js";
import { MansionError } from "../errors.js";

/** How the process ends. */
export const exit = { ok: 0, usage: 2, failed: 1, damaged: 3 } as const;

/** What a command is called with. */
export interface Call {
  /** The words behind its name. */
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The folder, the first of the words. */
  readonly path: string;
}

/** A command of the command line. */
export interface Command {
  readonly usage: string;
  readonly does: string;
  /** The options that it takes, and whether each has a value. */
  readonly options: Readonly<Record<string, "text" | "flag">>;
  /** How many words it takes at most. */
  readonly words: number;
  run(call: Call): Promise<number>;
}

/** What is wrong with how a command was called. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Prints a line of the answer. */
export function say(line: string): void {
  process.stdout.write(`${plain(line)}\n`);
}

/** Shows how far it has come, on a terminal in one line that is written over. The total may be unknown. */
export function progress(): {
  onProgress(progress: Omit<Progress, "total"> & { readonly total: number | undefined }): void;
  end(): void;
} {
  const { stderr } = process;
  let shown = false;
  return {
    onProgress({ what, done, total }) {
      if (!stderr.isTTY) return;
      shown = true;
      const percent = total === 0 ? 100 : Math.floor((100 * done) / (total ?? 1));
      const far = total === undefined ? `${done}` : `${percent} % (${done} of ${total})`;
      stderr.write(`\r\u001b[K${plain(what)} ${far}`);
    },
    end() {
      if (shown) stderr.write("\r\u001b[K");
      shown = false;
    },
  };
}

/** The text of a failure. */
export function explained(thrown: unknown): string {
  if (thrown instanceof MansionError) return `${thrown.code}: ${thrown.message}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Text from a file must not steer a terminal. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** A number of bytes, to be read. */
export function bytes(count: number): string {
  const unit = ["B", "kB", "MB", "GB", "TB"];
  const at = count < 1000 ? 0 : Math.min(unit.length - 1, Math.floor(Math.log10(count) / 3));
  return `${at === 0 ? count : (count / 1000 ** at).toPrecision(3)} ${unit[at]}`;
}

/** The value of an option that must be a sequence number. */
export function numberOption(name: string, value: string | boolean | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (typeof value === "string" && /^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new UsageError(`--${name} takes the number of a record, got "${String(value)}"`);
}
