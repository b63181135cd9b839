/**
 * What a mansion gives to what lives in it: databases of the one environment, and the one writer. All that is changed by
 * one `write` is one transaction with all that it names, so a position changes together with what stands for it.
 */

import type { Bytes } from "./environment.js";
import type { Durability } from "./options.js";
import type { Change, Changes } from "./writer.js";

/** A mansion, seen from inside. */
export interface Room {
  /** The folder. */
  readonly path: string;
  /** How far what is written has come when `write` resolves. */
  readonly durability: Durability;
  /** True where nothing may be written: `write` rejects with MANSION_READ_ONLY. */
  readonly readOnly: boolean;
  /** How large a stored value may be. */
  readonly maxRecordBytes: number;
  /** The database of this name, made if there is none; undefined where there is none and none may be made. */
  database(name: string): Bytes | undefined;
  /** Makes all of the changes or none, and resolves when they are as durable as the mansion is. */
  write(changes: Changes): Promise<void>;
  /** Throws MANSION_FULL where these changes would leave little room on the device: for what can do without being written. */
  assertRoom(changes: readonly Change[]): void;
  /** Lets the next read see what others have written. Throws MANSION_REPLACED when the data file is not the one that was opened. */
  refresh(): void;
  /** Throws MANSION_CLOSED once the mansion closes. To be asked before each read: a closed environment must not be touched. */
  assertOpen(): void;
}
