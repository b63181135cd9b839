/**
 * Who is told of changes: listeners of every batch, and listeners of what a selector gives. The latter cost nothing when
 * what they read has not changed: they stand at the branches that their selector has read, and only those at a branch
 * that is another one than at the last telling are asked. Invariant: whoever is not fresh has seen the envelope that was
 * told last, or would have found in it what it knows.
 */
import type { ConfirmedAct } from "../../act.js";
import type { Listener } from "../../options.js";
import { Branch } from "./branch.js";
import { type Read, Readings } from "./reading.js";
import { same } from "./same.js";

/** What has become of the envelope since the last telling, or by what acts. */
interface Told<E> {
  readonly previous: E;
  readonly confirmed: readonly ConfirmedAct[];
  readonly envelopes: readonly E[];
  readonly out: readonly ConfirmedAct[];
}

interface Subscription<E> {
  /** Counts up: they are called in the order in which they subscribed. */
  readonly order: number;
  ended: boolean;
  call: Listener<E>;
}

interface Keyed<E> extends Subscription<E> {
  /** It is to be asked at this telling. */
  due: boolean;
  /** What its selector has read when it ran last. */
  branches: Read<Keyed<E>>["branches"];
}

export class Subscriptions<E> {
  readonly #plain = new Set<Subscription<E>>();
  readonly #root = new Branch<Keyed<E>>(null, undefined);
  readonly #readings = new Readings<Keyed<E>>(this.#root);
  // Those that came since the last telling: the envelope they began with may be one that was never told.
  readonly #fresh = new Set<Keyed<E>>();
  #told: E;
  #count = 0;
  // How many listen to a selection.
  #keyed = 0;

  constructor(envelope: E) {
    this.#told = envelope;
  }

  add(call: Listener<E>): () => void {
    const subscription = { order: this.#count++, ended: false, call };
    this.#plain.add(subscription);
    return () => {
      subscription.ended = true;
      this.#plain.delete(subscription);
    };
  }

  /** Throws what the selector throws. */
  addKeyed<T>(envelope: E, select: (envelope: E) => T, listener: (now: T, was: T) => void): () => void {
    let known: T;
    const keyed: Keyed<E> = {
      order: this.#count++,
      ended: false,
      due: true,
      branches: [],
      call: (next) => {
        const now = this.#read(keyed, select, next);
        if (keyed.ended || same(now, known)) return;
        const was = known;
        known = now;
        listener(now, was);
      },
    };
    this.#keyed++;
    const end = (): void => {
      if (keyed.ended) return;
      this.#keyed--;
      keyed.ended = true;
      this.#fresh.delete(keyed);
      for (const branch of keyed.branches) branch.leave(keyed);
    };
    try {
      known = this.#read(keyed, select, envelope);
    } catch (error) {
      end();
      throw error;
    } finally {
      this.#readings.clear();
    }
    this.#fresh.add(keyed);
    return end;
  }

  /** Calls whom it concerns, each through `attempt`. Those who subscribe meanwhile are not called, nor those who end. */
  tell(now: E, { previous, confirmed, envelopes, out }: Told<E>, attempt: (run: () => void) => void): void {
    const was = this.#told;
    this.#told = now;
    if (this.#plain.size === 0 && this.#keyed === 0) return;
    const due = this.#fresh.size === 0 ? [] : [...this.#fresh];
    this.#fresh.clear();
    if (this.#keyed > 0) this.#root.affected(was, now, due);
    // What most acts change is read by nobody.
    if (due.length === 0 && this.#plain.size === 0) return;
    for (const keyed of due) keyed.due = false;
    const concerned: Subscription<E>[] = this.#plain.size === 0 ? due : [...this.#plain, ...due];
    if (due.length > 0 && concerned.length > 1) concerned.sort(inOrder);
    for (const subscription of concerned) {
      if (!subscription.ended) attempt(() => subscription.call(now, previous, confirmed, envelopes, out));
    }
    this.#readings.clear();
  }

  #read<T>(keyed: Keyed<E>, select: (envelope: E) => T, envelope: E): T {
    const before = keyed.branches;
    const { branches, passed, value, failed } = this.#readings.read(select, envelope, before);
    // Its own selector may have ended it.
    const now = keyed.ended ? [] : branches;
    if (now !== before || passed.length > 0) {
      keyed.branches = now;
      for (const branch of now) branch.readers.add(keyed);
      const kept = new Set(now);
      for (const left of [before, branches, passed])
        for (const branch of left) if (!kept.has(branch)) branch.leave(keyed);
    }
    if (failed !== null) throw failed.error;
    return value as T;
  }
}

function inOrder(one: { readonly order: number }, other: { readonly order: number }): number {
  return one.order - other.order;
}
