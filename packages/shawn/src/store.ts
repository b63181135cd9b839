/**
 * `shawn()`: the store. It puts the parts together: the core holds the envelope, the tide works off acts, the ledger
 * makes them durable, the brood keeps the cocoons, and the flows are where all that is supervised reports.
 */
import { type Channel, channel, type Emergence, go, type Op, type Signal, supervise, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { Act, ConfirmedAct } from "./act.js";
import type { CocoonSpec } from "./cocoon.js";
import { ShawnError } from "./errors.js";
import { Brood, type Living } from "./internal/brood.js";
import type { Context } from "./internal/context.js";
import { Core } from "./internal/core.js";
import { Ledger } from "./internal/ledger.js";
import { type Batch, type Shore, Tide } from "./internal/tide.js";
import type { Journal, JournalRecord } from "./journal.js";
import type { Failure, Listener, ShawnOptions } from "./options.js";

export interface Shawn<E> {
  /** The envelope as it is: an immutable snapshot that shares what did not change with the one before. */
  readonly envelope: E;
  /** The sequence number of the last confirmed act. */
  readonly seq: number;
  /** The envelope up to which everything is durable, and its last act: what may be shown to others. Without a journal, all. */
  readonly durable: { readonly envelope: E; readonly seq: number };
  /** The supervisor channel of the store's fiber cocoons, and of whatever reports to it. */
  readonly flow: Channel<Signal>;
  /** The supervisor channel of the store's thread cocoons. */
  readonly threadFlow: Channel<Signal>;
  /**
   * Confirms acts and what follows from them. While a tide runs, or the journal is being replayed, the acts wait their
   * turn. Throws CONFIRM_IN_UPDATE, DISMISSED, JOURNAL_FAILED, and without `onError` what the acts threw.
   */
  confirm(...acts: readonly Act[]): void;
  /** Waits until no cocoon lives; gives the envelope and the products since the last admit, in the order of their start. */
  admit(): Op<[envelope: E, ...products: unknown[]]>;
  /** Calls the listener once after every drained batch of acts. Returns a function that ends it. */
  subscribe(listener: Listener<E>): () => void;
  /** What the act would make of the envelope: its update and nothing else. Throws what the payload's schema or the update throws. */
  reduce(envelope: E, act: Act): E;
  /**
   * Takes over acts that were confirmed elsewhere: their updates run, the journal keeps them, the subscribers are told,
   * nothing else. Records that are known already are passed over; throws SEQ_GAP when one is missing, with the envelope
   * as it was before, and REPLAY_IN_TIDE while acts are being confirmed or the journal is being replayed.
   */
  replay(records: readonly JournalRecord[]): void;
  /** Settles when the journal is replayed and what was confirmed is durable; fails with JOURNAL_FAILED. */
  settled(): Op<void>;
  /** Cancels the cocoons, waits for their end and for the journal, and closes the flows. */
  dismiss(reason?: unknown): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const OPTIONS = ["acts", "onError", "onSignal", "journal", "seq", "now", "random", "id", "log"] as const;
const FLOW_CAPACITY = 128;

/** Makes a store on an initial envelope. With a journal it begins at once to replay it; see `settled`. */
export function shawn<E extends object>(envelope: E, options: ShawnOptions<E>): Shawn<E> {
  checkOptions("shawn()", options, OPTIONS);
  return new Store(envelope, options);
}

class Store<E extends object> implements Shawn<E>, Shore<E> {
  readonly flow: Channel<Signal> = channel<Signal>(FLOW_CAPACITY, { name: "flow" });
  readonly threadFlow: Channel<Signal> = channel<Signal>(FLOW_CAPACITY, { name: "threadFlow" });
  readonly now: () => number;
  readonly random: () => number;
  readonly id: () => string;
  readonly log: (...words: readonly unknown[]) => void;
  readonly onError: ShawnOptions<E>["onError"];

  readonly #onSignal: ShawnOptions<E>["onSignal"];
  readonly #core: Core<E>;
  readonly #tide: Tide<E>;
  readonly #brood: Brood<E>;
  readonly #ledger: Ledger<E> | null;
  // Settles when the journal is replayed.
  readonly #ready: Promise<void>;
  readonly #life = new AbortController();
  readonly #listeners = new Set<{ readonly call: Listener<E> }>();
  #replaying = false;
  #dismissed: Promise<void> | null = null;
  // Failures that no confirm could throw, for the next admit.
  #kept: unknown[] = [];

  constructor(envelope: E, options: ShawnOptions<E>) {
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
    this.id = options.id ?? ((): string => crypto.randomUUID());
    this.log = options.log ?? ((...words): void => console.log(...words));
    this.onError = options.onError;
    this.#onSignal = options.onSignal;
    this.#core = new Core(envelope, options.seq ?? 0, options.acts, this);
    this.#tide = new Tide(this.#core, this);
    this.#brood = new Brood(this.flow, (acts, act) => this.emit(acts, act));
    this.#ledger = options.journal === undefined ? null : new Ledger(options.journal, this.envelope, this.seq);
    this.#ready = options.journal === undefined ? Promise.resolve() : this.#replayJournal(options.journal);
    this.#ready.catch(() => {});
    // What arrives on the flows meanwhile waits there.
    const supervised = (): void => {
      for (const flow of [this.flow, this.threadFlow]) {
        void supervise(flow, (signal) => this.#signal(signal), { name: flow.name, supervisor: null, detached: true });
      }
    };
    if (options.journal === undefined) supervised();
    else this.#ready.then(supervised, supervised);
  }

  get envelope(): E {
    return this.#core.envelope;
  }

  get seq(): number {
    return this.#core.seq;
  }

  get durable(): { readonly envelope: E; readonly seq: number } {
    if (this.#ledger === null) return { envelope: this.envelope, seq: this.seq };
    return { envelope: this.#ledger.durable, seq: this.#ledger.durableSeq };
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get journaled(): boolean {
    return this.#ledger !== null;
  }

  confirm(...acts: readonly Act[]): void {
    const { updating } = this.#core;
    if (updating !== null) {
      const names = acts.map((act) => act?.name).join(", ");
      throw new ShawnError(
        "CONFIRM_IN_UPDATE",
        `act ${updating}: its update confirms ${names}; return them from watch instead`,
      );
    }
    const closed = this.closed();
    if (closed !== null) throw closed;
    const { thrown } = this.#tide.run(acts, undefined, this.#replaying);
    if (thrown !== null) throw thrown.error;
  }

  admit(): Op<[envelope: E, ...products: unknown[]]> {
    return until(this.#admitted());
  }

  subscribe(listener: Listener<E>): () => void {
    if (typeof listener !== "function") {
      throw misuse("type", "NOT_A_LISTENER", `subscribe() takes a function, got ${describe(listener)}`);
    }
    const subscription = { call: listener };
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  reduce(envelope: E, act: Act): E {
    return this.#core.reduce(envelope, act);
  }

  replay(records: readonly JournalRecord[]): void {
    const closed = this.closed();
    if (closed !== null) throw closed;
    if (this.#core.updating !== null || this.#tide.running || this.#replaying) {
      throw new ShawnError(
        "REPLAY_IN_TIDE",
        "replay() came while acts are being confirmed or replayed; call it when confirm has returned, or settled() has resolved",
      );
    }
    const previous = this.envelope;
    const seq = this.seq;
    const confirmed: ConfirmedAct[] = [];
    const envelopes: E[] = [];
    try {
      for (const record of records) {
        if (record.seq <= seq) continue;
        confirmed.push(this.#core.take(record));
        envelopes.push(this.envelope);
      }
    } catch (error) {
      this.#core.envelope = previous;
      this.#core.seq = seq;
      throw error;
    }
    if (confirmed.length === 0) return;
    const { thrown } = this.#tide.within(() => this.drained({ previous, confirmed, envelopes, lateEffects: [] }));
    if (thrown !== null) throw thrown.error;
  }

  settled(): Op<void> {
    return until(this.#ready.then(() => this.#ledger?.settled()));
  }

  dismiss(reason?: unknown): Promise<void> {
    this.#dismissed ??= this.#dismiss(reason);
    return this.#dismissed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dismiss("disposed");
  }

  // --- what the tide asks of its shore ---

  startCocoon(spec: CocoonSpec, act: ConfirmedAct, cx: Context<E>, barren: boolean): void {
    this.#brood.start(spec, act, cx, barren);
  }

  emit(acts: readonly Act[], act: ConfirmedAct): void {
    // What a cancelled cocoon still emits after the dismiss is dropped.
    if (this.#dismissed !== null) return;
    if (this.#ledger?.failure) throw this.#ledger.failure;
    const { thrown } = this.#tide.run(acts, act.meta.id);
    if (thrown !== null) throw thrown.error;
  }

  failedLate(failure: Failure): void {
    if (this.onError === undefined) {
      this.#kept.push(failure.error);
      return;
    }
    try {
      const acts = [this.onError(failure) ?? []].flat();
      const { thrown } = this.#tide.run(acts, failure.act?.meta?.id);
      if (thrown !== null) this.#kept.push(thrown.error);
    } catch (thrown) {
      this.#kept.push(thrown);
    }
  }

  drained({ previous, confirmed, envelopes, lateEffects }: Batch<E>): Promise<void> | null {
    let durable: Promise<void> | null = null;
    if (this.#ledger !== null) {
      const records = confirmed.map(({ name, payload, meta }) => ({ seq: meta.seq, name, payload, meta }));
      durable = this.#ledger.append(records, this.envelope);
      durable.then(
        () => {
          for (const effect of lateEffects) effect();
        },
        (error: unknown) => this.#journalFailed(error),
      );
    }
    this.#tell(previous, confirmed, envelopes);
    return durable;
  }

  #tell(previous: E, confirmed: readonly ConfirmedAct[], envelopes: readonly E[]): void {
    for (const subscription of [...this.#listeners]) {
      // One that an earlier listener has ended.
      if (!this.#listeners.has(subscription)) continue;
      this.#tide.attempt("subscriber", confirmed[confirmed.length - 1], () =>
        subscription.call(this.envelope, previous, confirmed, envelopes),
      );
    }
  }

  // --- the journal ---

  async #replayJournal(journal: Journal): Promise<void> {
    const ledger = this.#ledger as Ledger<E>;
    this.#replaying = true;
    try {
      for await (const record of journal.replay(this.seq + 1)) this.#core.take(record);
      ledger.durable = this.envelope;
      ledger.durableSeq = this.seq;
    } catch (error) {
      const failure = ledger.fail(error);
      this.#tellJournalFailed(failure);
      throw failure;
    } finally {
      this.#replaying = false;
    }
    const { thrown } = this.#tide.run([], undefined);
    if (thrown !== null) this.#kept.push(thrown.error);
  }

  // Memory goes back to what is durable: nobody may build on acts that are lost.
  #journalFailed(error: unknown): void {
    const ledger = this.#ledger as Ledger<E>;
    if (this.seq === ledger.durableSeq) return;
    const previous = this.envelope;
    this.#core.envelope = ledger.durable;
    this.#core.seq = ledger.durableSeq;
    this.#tide.within(() => {
      this.#tellJournalFailed(error);
      this.#tell(previous, [], []);
      return null;
    });
  }

  // There is nothing that an answer could still be confirmed with.
  #tellJournalFailed(error: unknown): void {
    try {
      this.onError?.({ phase: "journal", error });
    } catch (thrown) {
      this.#kept.push(thrown);
    }
  }

  closed(): ShawnError | null {
    return this.#dismissed !== null ? dismissedError() : (this.#ledger?.failure ?? null);
  }

  // --- flows and cocoons ---

  #signal(signal: Signal): void {
    if (signal.tag === "emergence") return this.#emergence(signal as Emergence);
    const living = isEnd(signal) ? this.#brood.end(signal.fiber) : undefined;
    if (living !== undefined) return this.#cocoonEnded(living, signal);
    if (this.#onSignal !== undefined) return this.#onSignal(signal);
    if (signal.tag === "error") this.#foreignError(signal);
  }

  // Of a server or fiber that reports to the flow, while nobody looks at signals. It is not kept for an admit: a client
  // could cause as many as it likes.
  #foreignError({ fiber, error }: Signal & { readonly error?: unknown }): void {
    const name = fiber?.name ?? "a server";
    if (this.onError !== undefined) return this.failedLate({ phase: "cocoon", cocoon: name, error });
    void go(() => Promise.reject(error), { name: fiber?.path ?? name, supervisor: null, detached: true });
  }

  #cocoonEnded(living: Living, signal: Signal & { value?: unknown; error?: unknown }): void {
    try {
      if (signal.tag === "ok" && !living.barren) living.product = { value: signal.value };
      else this.#brood.forget(living);
      if (signal.tag === "error") {
        this.failedLate({ phase: "cocoon", act: living.act, cocoon: living.key, error: signal.error });
      }
    } finally {
      this.#brood.settle();
    }
  }

  #emergence({ acts, cause, settle }: Emergence): void {
    const closed = this.closed();
    if (closed !== null) return settle?.(closed);
    if (!Array.isArray(acts)) {
      const came = misuse("type", "NOT_AN_ACT", `an emergence carries an array of acts, got ${describe(acts)}`);
      return settle === undefined ? this.failedLate({ phase: "validate", error: came }) : settle(came);
    }
    const { refusal, thrown, durable } = this.#tide.run(acts as readonly Act[], cause);
    // Where nobody waits for the answer, the next admit has to tell.
    if (settle === undefined) {
      if (thrown !== null) this.#kept.push(thrown.error);
    } else if (refusal !== null) settle(refusal.error ?? undefinedThrown());
    else if (durable === null) settle();
    else durable.then(() => settle(), settle);
  }

  async #admitted(): Promise<[envelope: E, ...products: unknown[]]> {
    await this.#ready;
    await this.#brood.quiet();
    if (this.#kept.length > 0) throw this.#kept.shift();
    return [this.envelope, ...this.#brood.products()];
  }

  async #dismiss(reason: unknown): Promise<void> {
    await this.#ready.catch(() => {});
    this.#brood.cancel(reason);
    await this.#brood.quiet();
    this.#life.abort(new ShawnError("DISMISSED", "the store was dismissed", { cause: reason }));
    await this.#ledger?.settled().catch(() => {});
    this.flow.close(reason);
    this.threadFlow.close(reason);
  }
}

function isEnd(signal: Signal): boolean {
  return signal.tag === "ok" || signal.tag === "error" || signal.tag === "cancelled";
}

// An answer without an error would say that all went well.
function undefinedThrown(): ShawnError {
  return new ShawnError("THREW_NOTHING", "the acts were refused by something that threw undefined or null");
}

function dismissedError(): ShawnError {
  return new ShawnError("DISMISSED", "the store was dismissed and confirms nothing more; make a new one");
}
