/**
 * What the store's tests have in common: a journal in memory whose appends can be held up or failed, and how to read codes.
 */
import type { Journal, JournalRecord } from "@good-place/shawn";
import { turn } from "../channel/turn.js";

/** Keeps records in memory. While held, appends wait for `release`; once `failing` is set, they fail. */
export class MemoryJournal implements Journal {
  readonly records: JournalRecord[];
  failing: unknown;
  held = false;
  #waiting: (() => void)[] = [];

  constructor(records: readonly JournalRecord[] = []) {
    this.records = structuredClone([...records]);
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    const copies = structuredClone([...records]);
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failing !== undefined) throw this.failing;
    this.records.push(...copies);
  }

  release(): void {
    this.held = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async *replay(from: number): AsyncGenerator<JournalRecord, void, unknown> {
    for (const record of this.records) if (record.seq >= from) yield structuredClone(record);
  }
}

/** Resolves when the host has had a turn: all that is ready to run has run. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** The code of what the promise rejects with; undefined where it resolves. */
export async function codeOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown } | undefined)?.code ?? error;
  }
}

/** The code that a call throws. */
export function codeThrown(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown } | undefined)?.code ?? error;
  }
}
