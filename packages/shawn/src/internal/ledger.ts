/**
 * The ledger knows how much of what was confirmed stands for good. It hands that over to the journal, in order, and says
 * what is durable; what is not certain yet waits in the rebase until it is. Without a journal what is certain is durable.
 * Invariants: batches become durable in the order in which they were confirmed; after the first that fails nothing more
 * is accepted, and that is told once. No record has a number that can still change.
 */
import { type Fiber, go } from "@good-place/channel";
import type { ConfirmedAct } from "../act.js";
import { ShawnError } from "../errors.js";
import type { Journal, JournalRecord } from "../journal.js";
import type { Core } from "./core.js";
import type { Held, Place } from "./rebase.js";
import type { Snapshots } from "./snapshots.js";

type Effects = readonly (() => void)[];

export class Ledger<E extends object> {
  failure: ShawnError | null = null;
  readonly #core: Core<E>;
  readonly journal: Journal | undefined;
  readonly #failed: (error: ShawnError) => void;
  #durable: Place<E>;
  #last: Promise<void> | null = null;
  readonly #snapshots: Snapshots<E> | null;

  /** `failed` is called once, when nothing more will be accepted. */
  constructor(
    core: Core<E>,
    journal: Journal | undefined,
    snapshots: Snapshots<E> | null,
    failed: (error: ShawnError) => void,
  ) {
    this.#snapshots = snapshots;
    this.#core = core;
    this.journal = journal;
    this.#failed = failed;
    this.#durable = core.certain;
  }

  get #where(): string {
    return this.journal?.where ?? "the journal";
  }

  get durable(): Place<E> {
    return this.journal === undefined ? this.#core.certain : this.#durable;
  }

  /** True while effects must wait until their act is durable, unless it names another level. */
  get waits(): boolean {
    return this.journal !== undefined;
  }

  /** Reads what is durable from the journal. Rejects with JOURNAL_FAILED; then that is what came before the failure. */
  async read(journal: Journal): Promise<void> {
    let at = this.#durable;
    try {
      at = (await this.#snapshots?.load()) ?? at;
      for await (const found of journal.replay(at.seq + 1)) {
        const record = this.#core.current(found);
        at = this.#core.take(at, record);
        this.#core.remember([record]);
      }
      this.#durable = at;
    } catch (error) {
      this.#durable = at;
      throw this.#fail(
        error,
        `${this.#where} could not be read past record ${at.seq}`,
        "the envelope is what came before",
      );
    }
  }

  /**
   * Takes over what was confirmed at once. Resolves when it is durable; null where it is. Rejects with JOURNAL_FAILED, and
   * with ROLLED_BACK when one of the acts never will be.
   */
  keep(confirmed: readonly ConfirmedAct[], effects: Effects): Promise<void> | null {
    const { holding, held } = this.#core.rebase;
    if (!holding) return this.append(confirmed, this.#core.envelope, effects);
    const { envelope, seq } = this.#core.certain;
    const acts = confirmed.filter(({ meta }) => meta.seq <= seq);
    if (acts.length > 0) void this.append(acts, envelope, effects);
    return heard(this.#certain(held.slice(acts.length - confirmed.length)));
  }

  /** What was held has become certain. */
  release(certain: readonly Held<E>[]): void {
    const last = certain.at(-1);
    if (last === undefined) return;
    const due = (late: boolean): Effects =>
      certain.flatMap(({ effect, after }) => (effect?.waits === late ? [() => effect.run(after)] : []));
    const acts = certain.map(({ act }) => act);
    void this.append(acts, last.after, due(true));
    for (const effect of due(false)) effect();
  }

  /** Resolves when the acts of these ids, which were confirmed, are durable. Rejects like `keep`. */
  settling(ids: readonly string[]): Promise<void> {
    return heard(this.#certain(this.#core.rebase.held.filter(({ act }) => ids.includes(act.meta.id))));
  }

  /** Resolves when all that was confirmed is durable, or out. Rejects with JOURNAL_FAILED. */
  async settled(): Promise<void> {
    await Promise.all(this.#core.rebase.held.map(({ left }) => left));
    await this.#last;
  }

  async #certain(held: readonly Held<E>[]): Promise<void> {
    const fates = await Promise.all(held.map(({ left }) => left));
    await this.#last;
    const at = fates.findIndex((fate) => fate !== null);
    if (at < 0) return;
    const cause = fates[at]?.error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ShawnError("ROLLED_BACK", `act ${held[at]?.act.name} was confirmed, and is out again: ${why}`, { cause });
  }

  /** Hands over the acts that follow on those handed over before, and give this envelope. The effects run when they are durable. */
  append(acts: readonly ConfirmedAct[], envelope: E, effects: Effects): Promise<void> | null {
    const journal = this.journal;
    if (journal === undefined) return null;
    this.#core.remember(acts);
    const records = acts.map(({ name, payload, meta }) => ({ seq: meta.seq, name, payload, meta }));
    const seq = records.at(-1)?.seq ?? this.#durable.seq;
    this.#last = heard(this.#turn(write(journal, records), this.#last, { envelope, seq }, effects));
    return this.#last;
  }

  async #turn(written: Fiber<void>, before: Promise<void> | null, after: Place<E>, effects: Effects): Promise<void> {
    // A later failure is never an unhandled rejection while an earlier one is waited for.
    if (before !== null) written.then(undefined, () => {});
    await before;
    try {
      await written;
    } catch (error) {
      const what = `${this.#where} took no more records after ${this.#durable.seq}`;
      throw this.#fail(error, what, "the envelope is back at what is durable");
    }
    this.#durable = after;
    this.#snapshots?.durable(after);
    for (const effect of effects) effect();
  }

  #fail(cause: unknown, what: string, state: string): ShawnError {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.failure = new ShawnError("JOURNAL_FAILED", `${what}: ${why}; ${state}, mend the cause and reopen the store`, {
      cause,
    });
    this.#failed(this.failure);
    return this.failure;
  }
}

// In a fiber of its own: whoever confirms may be cancelled, and its journal must not be.
function write(journal: Journal, records: readonly JournalRecord[]): Fiber<void> {
  return go(() => journal.append(records), { name: "journal", supervisor: null, detached: true });
}

// Whoever has to know of its failure is told by `failed`.
function heard(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
