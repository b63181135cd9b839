/**
 * The acts that are not certain yet: those that an optimistic cocoon still may roll back, and all that were confirmed after
 * the first of these. They stand on a base, the envelope before them, so that one of them can be taken out, or others be
 * put before them: the updates of those behind run again. Nothing here waits, or runs anything but updates.
 * Invariant: the base and the updates of the held acts, in order, give the tip; the first one held is unsettled; the
 * numbers count on from the base without a gap. Cost: nothing while nothing is held; a change of the past runs as many
 * updates as there are acts behind it.
 */
import type { ConfirmedAct } from "../act.js";

/** A point in the store's order: the envelope after the act of this number. */
export interface Place<E> {
  readonly envelope: E;
  readonly seq: number;
}

/** What the act makes of the envelope: its update and nothing else. */
export type Rerun<E> = (envelope: E, act: ConfirmedAct) => E;

/** How a held act left: for good, or not, and then why. */
export type Fate = { readonly error: unknown } | null;

/** An act that is not certain yet. */
export class Held<E> {
  /** With the number that it has for the time being. */
  act: ConfirmedAct;
  /** The envelope after its update. */
  after: E;
  /** How many cocoons may still roll it back. */
  unsettled = 0;
  /** What it has to say to the outside once it is certain, and whether that waits for the journal, too. */
  effect: { readonly run: (envelope: E) => void; readonly waits: boolean } | null = null;
  /** False once it has left. */
  held = true;
  readonly left: Promise<Fate>;
  #leave!: (fate: Fate) => void;

  constructor(act: ConfirmedAct, after: E) {
    this.act = act;
    this.after = after;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  leave(fate: Fate): void {
    this.held = false;
    this.#leave(fate);
  }
}

/** What a change came to: the acts that are certain now, in order, those that are out, and which of them would not run again. */
export interface Shift<E> {
  readonly certain: readonly Held<E>[];
  readonly out: readonly ConfirmedAct[];
  readonly lost: readonly { readonly act: ConfirmedAct; readonly error: unknown }[];
}

export class Rebase<E> {
  /** What the held acts stand on. It means something only while something is held. */
  base: Place<E>;
  #held: Held<E>[] = [];
  readonly #rerun: Rerun<E>;

  constructor(base: Place<E>, rerun: Rerun<E>) {
    this.base = base;
    this.#rerun = rerun;
  }

  get holding(): boolean {
    return this.#held.length > 0;
  }

  get held(): readonly Held<E>[] {
    return this.#held;
  }

  /** Where the last held act leads. */
  get tip(): Place<E> {
    const last = this.#held.at(-1);
    return last === undefined ? this.base : { envelope: last.after, seq: last.act.meta.seq };
  }

  /** An act was confirmed behind those that are held. */
  push(act: ConfirmedAct, after: E): void {
    this.#held.push(new Held(act, after));
  }

  /** The last act, which came after `before`, is unsettled, once more if it was. */
  hold(act: ConfirmedAct, before: E, after: E): Held<E> {
    if (this.#held.length === 0) {
      this.base = { envelope: before, seq: act.meta.seq - 1 };
      this.push(act, after);
    }
    const last = this.#held[this.#held.length - 1] as Held<E>;
    last.unsettled += 1;
    return last;
  }

  /** One of those who may roll the act back never will. */
  settle(held: Held<E>): readonly Held<E>[] {
    held.unsettled -= 1;
    return this.#certain();
  }

  /** Takes the act out for a reason. */
  drop(held: Held<E>, error: unknown): Shift<E> {
    const at = this.#held.indexOf(held);
    this.#held.splice(at, 1);
    held.leave({ error });
    const shift = this.#again(at);
    return { ...shift, out: [held.act, ...shift.out] };
  }

  /** Puts another base under the held acts. */
  insert(base: Place<E>): Shift<E> {
    this.base = base;
    return this.#again(0);
  }

  /** What the held acts would make of another base. Nothing is changed. */
  over(base: Place<E>): E {
    let { envelope, seq } = base;
    for (const { act } of this.#held) {
      try {
        envelope = this.#rerun(envelope, { ...act, meta: { ...act.meta, seq: seq + 1 } });
        seq++;
      } catch {
        // It would be out.
      }
    }
    return envelope;
  }

  /** All are lost. */
  clear(error: unknown): void {
    for (const held of this.#held.splice(0)) held.leave({ error });
  }

  // Runs the updates of the held acts from this one on again. What is in their way is out, and changed nothing.
  #again(from: number): Shift<E> {
    const lost: { act: ConfirmedAct; error: unknown }[] = [];
    const behind = this.#held.splice(from);
    for (const held of behind) {
      const { envelope, seq } = this.tip;
      const act = { ...held.act, meta: { ...held.act.meta, seq: seq + 1 } };
      try {
        held.after = this.#rerun(envelope, act);
        held.act = act;
        this.#held.push(held);
      } catch (error) {
        lost.push({ act: held.act, error });
        held.leave({ error });
      }
    }
    return { certain: this.#certain(), out: lost.map(({ act }) => act), lost };
  }

  // Takes the settled ones off the front.
  #certain(): readonly Held<E>[] {
    const first = this.#held.findIndex(({ unsettled }) => unsettled > 0);
    const certain = this.#held.splice(0, first < 0 ? this.#held.length : first);
    const last = certain.at(-1);
    if (last !== undefined) this.base = { envelope: last.after, seq: last.act.meta.seq };
    for (const held of certain) held.leave(null);
    return certain;
  }
}
