/**
 * Keeps the state file (../state-file.ts) in step with the office.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shawn } from "@good-place/shawn";
import { now } from "../clock.js";
import type { Office } from "../domain/office.js";
import { status } from "../domain/status.js";
import { STATE_FILE, type State } from "../state-file.js";

/** Writes the state now, and after every act that is durable. Ends with a last word when it is disposed of. */
export function keepState(office: Shawn<Office>, home: string): AsyncDisposable {
  const write = (): void => writeState(home, stateOf(office.durable.envelope));
  const stop = office.subscribe(() => void office.settled().then(write, () => {}));
  return {
    async [Symbol.asyncDispose]() {
      stop();
      write();
    },
  };
}

export function stateOf(office: Office): State {
  const { running, last, away } = status(office, now());
  return {
    beat: now(),
    running: running && { handle: running.handle, start: running.start, note: running.note, tags: running.tags },
    last: last && { handle: last.handle, end: last.end ?? last.start },
    away: away.length,
  };
}

/** The state as it was written last; undefined where there is none that can be read. */
export function readState(home: string): State | undefined {
  try {
    return JSON.parse(readFileSync(join(home, STATE_FILE), "utf8")) as State;
  } catch {
    return undefined;
  }
}

// Whole or not at all: a status bar reads it at any moment. It is made anew from the journal, so nobody waits for the disk.
export function writeState(home: string, state: State): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, STATE_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
