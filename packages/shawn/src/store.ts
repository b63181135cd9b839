/**
 * `shawn()`: the store. It puts the parts together: the core holds the envelope, the tide works off acts, the ledger
 * makes them durable, the brood keeps the cocoons, and the flows are where all that is supervised reports.
 */
import { type Channel, channel, type Emergence, go, type Op, type Signal, supervise, until } from "@good-place/channel";
import { epoch, random } from "@good-place/channel/ambient";
import { isScopesMatter, passOver } from "@good-place/channel/kin";
import { describe, misuse } from "@good-place/channel/misuse";
import type { Act, ConfirmedAct } from "./act.js";
import type { AdmitOptions, LivingCocoon } from "./admit.js";
import type { CocoonSpec } from "./cocoon.js";
import { ShawnError } from "./errors.js";
import { admission } from "./internal/cocoons/admission.js";
import { Brood, type Living, type Nest } from "./internal/cocoons/brood.js";
import type { Context } from "./internal/context.js";
import { Core, type Origin } from "./internal/core.js";
import { Ledger } from "./internal/ledger.js";
import { asking, awaiting, checkLevel } from "./internal/levels.js";
import type { Held, Shift } from "./internal/rebase.js";
import {
  badBy,
  dismissedError,
  isName,
  optimisticTooLate,
  refusedEmergence,
  undefinedThrown,
} from "./internal/refusals.js";
import { Snapshots } from "./internal/snapshots.js";
import { Subscriptions } from "./internal/telling/subscriptions.js";
import { answered, type Batch, type Handing, type Shore, type Thrown, Tide } from "./internal/tide.js";
import { ids } from "./internal/tools/ids.js";
import type { Journal, JournalRecord, Level } from "./journal.js";
import { checkShawnOptions, type Failure, type Listener, type ShawnOptions } from "./options.js";
import type { Shawn } from "./shawn.js";

const FLOW_CAPACITY = 128;

/** Makes a store on an initial envelope. With a journal it begins at once to replay it; see `settled`. */
export function shawn<E extends object>(envelope: E, options: ShawnOptions<E>): Shawn<E> {
  checkShawnOptions(options);
  return new Store(envelope, options);
}

class Store<E extends object> implements Shawn<E>, Shore<E>, Nest {
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
  readonly #ledger: Ledger<E>;
  // The acts that living cocoons may still roll back.
  readonly #uncertain = new Map<Living, Held<E>>();
  // Settles when the journal is replayed.
  readonly #ready: Promise<void>;
  readonly #life = new AbortController();
  readonly #subscriptions: Subscriptions<E>;
  #replaying = false;
  #dismissed: Promise<void> | null = null;
  // Failures that no confirm could throw, for the next admit.
  #kept: unknown[] = [];

  constructor(envelope: E, options: ShawnOptions<E>) {
    this.now = options.now ?? epoch;
    this.random = options.random ?? random;
    this.id = options.id ?? ids();
    this.log = options.log ?? ((...words): void => console.log(...words));
    this.onError = options.onError;
    this.#onSignal = options.onSignal;
    this.#core = new Core(envelope, options.seq ?? 0, options.acts, options.upcasts ?? [], this);
    this.#tide = new Tide(this.#core, this);
    this.#subscriptions = new Subscriptions(this.#core.envelope);
    this.#brood = new Brood(this);
    passOver(import.meta.url);
    const { journal, snapshots } = options;
    const kept = journal && snapshots ? new Snapshots(this.#core, journal, snapshots, options) : null;
    this.#ledger = new Ledger(this.#core, journal, kept, (failure) => this.#journalFailed(failure));
    this.#ready = journal === undefined ? Promise.resolve() : this.#replayJournal(journal);
    this.#ready.catch(() => {});
    // What arrives on the flows meanwhile waits there.
    const supervised = (): void => {
      for (const flow of [this.flow, this.threadFlow]) {
        const under = { name: flow.name, supervisor: null, detached: true };
        const loop = supervise(flow, (signal) => this.hear(signal), under);
        const aborted = (error: unknown): void => this.failedLate({ phase: "cocoon", cocoon: flow.name, error });
        void loop.then(null, aborted).then(() => this.#brood.leave(flow));
      }
    };
    if (journal === undefined) supervised();
    else this.#ready.then(supervised, supervised);
  }

  get envelope(): E {
    return this.#core.envelope;
  }

  get seq(): number {
    return this.#core.seq;
  }

  get durable(): { readonly envelope: E; readonly seq: number } {
    return this.#ledger.durable;
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get journaled(): boolean {
    return this.#ledger.waits;
  }

  confirm(...acts: readonly Act[]): void {
    this.#confirm(acts, { origin: undefined });
  }

  confirmAt(level: Level, ...acts: readonly Act[]): Op<void> {
    return this.#confirmAt(level, acts, undefined);
  }

  as(by: string): Pick<Shawn<E>, "confirm" | "confirmAt"> {
    if (!isName(by)) throw badBy("what as() takes", by);
    const origin = { id: undefined, by };
    return {
      confirm: (...acts) => this.#confirm(acts, { origin }),
      confirmAt: (level, ...acts) => this.#confirmAt(level, acts, origin),
    };
  }

  #confirmAt(level: Level, acts: readonly Act[], origin: Origin | undefined): Op<void> {
    checkLevel(level, this.#ledger.journal);
    const { asked, done } = awaiting(level);
    this.#confirm(acts, { origin, level, asked });
    return until(done);
  }

  #confirm(acts: readonly Act[], handing: Handing): void {
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
    const thrown = this.#tide.run(acts, handing, this.#replaying);
    if (thrown !== null) throw thrown.error;
  }

  admit(options: AdmitOptions = {}): Op<[envelope: E, ...products: unknown[]]> {
    const replayed = this.#ledger.waits ? this.#ready : null;
    return admission(options, replayed, this.#brood, () => this.#admitted());
  }

  get living(): readonly LivingCocoon[] {
    return this.#brood.living;
  }

  subscribe<T>(...given: [Listener<E>] | [select: (envelope: E) => T, listener: (now: T, was: T) => void]): () => void {
    const [first, listener] = given;
    for (const each of [first, ...given]) {
      if (typeof each === "function") continue;
      const came = describe(each);
      throw misuse("type", "NOT_A_LISTENER", `subscribe() takes a listener, or a selector and a listener, got ${came}`);
    }
    if (listener === undefined) return this.#subscriptions.add(first as Listener<E>);
    return this.#subscriptions.addKeyed(this.envelope, first as (envelope: E) => T, listener);
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
    const { certain } = this.#core;
    const news = records.filter(({ seq }) => seq > certain.seq).map((record) => this.#core.current(record));
    if (news.length === 0) return;
    let place = certain;
    const envelopes: E[] = [];
    for (const record of news) {
      place = this.#core.take(place, record);
      envelopes.push(this.#core.rebase.over(place));
    }
    const confirmed = news.map(({ name, payload, meta }) => ({ name, payload, meta }));
    const change = (): Shift<E> => {
      this.#core.remember(confirmed);
      void this.#ledger.append(confirmed, place.envelope, []);
      return this.#core.place(place);
    };
    const thrown = this.#shift(change, confirmed, envelopes);
    if (thrown !== null) throw thrown.error;
  }

  travel(envelope: E): void {
    const closed = this.closed();
    if (closed !== null) throw closed;
    if (this.#ledger.waits) {
      throw new ShawnError(
        "TRAVEL_JOURNALED",
        "travel() on a store with a journal: its envelope is what the journal keeps; travel in a store without one",
      );
    }
    if (this.#core.updating !== null || this.#tide.running || this.#core.rebase.holding) {
      throw new ShawnError(
        "TRAVEL_IN_TIDE",
        "travel() came while acts are being confirmed, or one may be rolled back; call it when settled() has resolved",
      );
    }
    const previous = this.envelope;
    this.#core.show(envelope);
    const thrown = this.#tide.within(() => {
      this.#tide.moved();
      this.#tell(previous, [], []);
    });
    if (thrown !== null) throw thrown.error;
  }

  settled(): Op<void> {
    return until(this.#ready.then(() => this.#ledger.settled()));
  }

  dismiss(reason?: unknown): Promise<void> {
    this.#dismissed ??= this.#dismiss(reason);
    return this.#dismissed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dismiss("disposed");
  }

  // --- what the tide and the brood ask of it ---

  startCocoon(spec: CocoonSpec, act: ConfirmedAct, cx: Context<E>, barren: boolean): void {
    if (spec.optimistic && !this.#tide.running) throw optimisticTooLate(act.name);
    const living = this.#brood.start(spec, act, cx, barren);
    if (spec.optimistic && living !== null) this.#uncertain.set(living, this.#core.hold(act));
  }

  emit(acts: readonly Act[], act: ConfirmedAct): void {
    // What a cancelled cocoon still emits after the dismiss is dropped.
    if (this.#dismissed !== null) return;
    if (this.#ledger.failure !== null) throw this.#ledger.failure;
    const thrown = this.#tide.run(acts, { origin: act.meta });
    if (thrown !== null) throw thrown.error;
  }

  failedLate(failure: Failure): void {
    if (this.onError === undefined) {
      this.#kept.push(failure.error);
      return;
    }
    try {
      const acts = answered(this.onError, failure);
      const thrown = this.#tide.run(acts, { origin: failure.act?.meta });
      if (thrown !== null) this.#kept.push(thrown.error);
    } catch (thrown) {
      this.#kept.push(thrown);
    }
  }

  restarting({ act, key }: Living, error: unknown, restartMs: number): void {
    if (this.onError !== undefined) this.failedLate({ phase: "cocoon", act, cocoon: key, error, restartMs });
  }

  settling(ids: readonly string[]): Promise<void> {
    return this.#ledger.settling(ids);
  }

  drained({ previous, confirmed, envelopes, lateEffects }: Batch<E>): Promise<void> | null {
    const durable = this.#ledger.keep(confirmed, lateEffects);
    this.#tell(previous, confirmed, envelopes);
    return durable;
  }

  #tell(
    previous: E,
    confirmed: readonly ConfirmedAct[],
    envelopes: readonly E[],
    out: readonly ConfirmedAct[] = [],
  ): void {
    const last = confirmed[confirmed.length - 1];
    const batch = { previous, confirmed, envelopes, out };
    this.#subscriptions.tell(this.envelope, batch, (run) => this.#tide.attempt("subscriber", last, run));
  }

  // --- the journal, and what moves the envelope without an act ---

  async #replayJournal(journal: Journal): Promise<void> {
    this.#replaying = true;
    const { seq } = this;
    try {
      await this.#ledger.read(journal);
    } finally {
      this.#replaying = false;
    }
    const { durable } = this;
    if (durable.seq > seq) this.#keep(this.#shift(() => this.#core.place(durable)));
    else this.#keep(this.#tide.run([], { origin: undefined }));
  }

  // Changes the past, tells the subscribers of what it came to, and then does what follows from that.
  #shift(change: () => Shift<E>, confirmed: readonly ConfirmedAct[] = [], envelopes: readonly E[] = []): Thrown {
    return this.#tide.within(() => {
      const previous = this.envelope;
      const { certain, out, lost } = change();
      this.#tell(previous, confirmed, envelopes, out);
      for (const { act, error } of lost) this.failedLate({ phase: "update", act, error });
      this.#ledger.release(certain);
    });
  }

  // An optimistic cocoon has ended.
  #settle(held: Held<E>, signal: Signal & { error?: unknown; reason?: unknown }): void {
    if (!held.held) return;
    if (signal.tag === "ok") return this.#ledger.release(this.#core.rebase.settle(held));
    const why = signal.tag === "error" ? signal.error : signal.reason;
    const thrown = this.#shift(() => {
      const shift = this.#core.drop(held, why);
      this.#tide.moved();
      return shift;
    });
    this.#keep(thrown);
  }

  // Memory goes back to what is durable: nobody may build on acts that are lost.
  #journalFailed(failure: ShawnError): void {
    const thrown = this.#shift(() => {
      this.#core.rebase.clear(failure);
      const shift = this.#core.place(this.durable);
      this.#tellJournalFailed(failure);
      return shift;
    });
    this.#keep(thrown);
  }

  #keep(thrown: Thrown): void {
    if (thrown !== null) this.#kept.push(thrown.error);
  }

  // There is nothing that an answer could still be confirmed with.
  #tellJournalFailed(error: unknown): void {
    if (this.onError === undefined) {
      this.#kept.push(error);
      return;
    }
    try {
      this.onError({ phase: "journal", error });
    } catch (thrown) {
      this.#kept.push(thrown);
    }
  }

  closed(): ShawnError | null {
    return this.#dismissed !== null ? dismissedError() : this.#ledger.failure;
  }

  // --- flows and cocoons ---

  hear(signal: Signal): void {
    if (signal.tag === "emergence") return this.#emergence(signal as Emergence);
    if (this.#brood.hear(signal)) return;
    const living = isEnd(signal) ? this.#brood.end(signal.fiber) : undefined;
    if (living !== undefined) return this.#cocoonEnded(living, signal);
    if (this.#onSignal !== undefined) return this.#onSignal(signal);
    if (signal.tag === "error") this.#foreignError(signal);
  }

  // Of a server or fiber that reports to the flow, while nobody looks at signals. It is not kept for an admit: a client
  // could cause as many as it likes.
  #foreignError({ fiber, error }: Signal & { readonly error?: unknown }): void {
    if (fiber !== undefined && isScopesMatter(fiber)) return;
    const name = fiber?.name ?? "a server";
    if (this.onError !== undefined) return this.failedLate({ phase: "cocoon", cocoon: name, error });
    void go(() => Promise.reject(error), { name: fiber?.path ?? name, supervisor: null, detached: true });
  }

  #cocoonEnded(living: Living, signal: Signal & { value?: unknown; error?: unknown }): void {
    const held = this.#uncertain.get(living);
    this.#uncertain.delete(living);
    try {
      if (held !== undefined) this.#settle(held, signal);
      if (signal.tag === "ok" && !living.barren) living.left.product = { value: signal.value };
      else this.#brood.forget(living);
      if (signal.tag === "error") {
        this.failedLate({ phase: "cocoon", act: living.act, cocoon: living.key, error: signal.error });
      }
    } finally {
      this.#brood.settle();
    }
  }

  #emergence({ acts, fiber, cause, by, settle }: Emergence): void {
    const closed = this.closed();
    if (closed !== null) return settle?.(closed);
    const nonsense = refusedEmergence(acts, by);
    if (nonsense !== null) {
      return settle === undefined ? this.failedLate({ phase: "validate", error: nonsense }) : settle(nonsense);
    }
    // What a cocoon asks for by `emerge` follows from its act, like what it yields.
    const parent = this.#brood.of(fiber);
    const origin = { id: cause ?? parent?.act.meta.id, by: by ?? parent?.act.meta.by };
    // An optimistic cocoon's acts are not durable before it has ended.
    const level = parent !== undefined && this.#uncertain.has(parent) ? "memory" : undefined;
    const asked = asking(level, (refusal) =>
      refusal === null ? settle?.() : settle?.(refusal.error ?? undefinedThrown()),
    );
    const thrown = this.#tide.run(acts as readonly Act[], { origin, asked });
    // What the answer does not tell the next admit has to.
    if (settle === undefined || asked.refusal === null) this.#keep(thrown);
  }

  #admitted(): [envelope: E, ...products: unknown[]] {
    if (this.#kept.length > 0) throw this.#kept.shift();
    return [this.envelope, ...this.#brood.products()];
  }

  async #dismiss(reason: unknown): Promise<void> {
    await this.#ready.catch(() => {});
    this.#brood.cancel(reason);
    await go(() => this.#brood.quiet(undefined), { name: "dismiss", supervisor: null, detached: true });
    this.#life.abort(new ShawnError("DISMISSED", "the store was dismissed", { cause: reason }));
    await this.#ledger.settled().catch(() => {});
    this.flow.close(reason);
    this.threadFlow.close(reason);
  }
}

function isEnd(signal: Signal): boolean {
  return signal.tag === "ok" || signal.tag === "error" || signal.tag === "cancelled";
}
