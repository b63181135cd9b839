/**
 * Undo and redo over a store. An act and all that follows from it is one step. A step going back is an act with plain
 * patches, so a journal keeps it and a replay needs no history.
 * Invariants: a step touches only what its own acts changed; what happened meanwhile elsewhere stays. The history keeps
 * envelopes, which share what they have in common, and compares them only when a step goes back or forth. A step of which
 * an act was rolled back is none any more; one whose going back or forth was rolled back is where it was before.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { type ActDefinition, acts, type ConfirmedAct } from "./act.js";
import { ShawnError } from "./errors.js";
import { alike } from "./internal/patches/compare.js";
import { lookup } from "./internal/patches/mend.js";
import { type Patch, patch, patched, patches } from "./patches.js";
import { type PayloadType, payload } from "./schema.js";
import type { Shawn } from "./shawn.js";

/** How a step goes back, or forth again. */
export interface Retraced {
  /** The id of the act that the step began with. */
  readonly step: string;
  readonly way: "back" | "forth";
  /** The sequence number that the patches were made at: they are good for the very next act. */
  readonly seq: number;
  readonly patches: readonly Patch[];
}

/** The act by which a step goes back or forth; give it to `shawn({ acts })`. */
export const retrace: ActDefinition<object, "history/retrace", Retraced, Retraced> = acts<object>()(
  "history/retrace",
  payload<Retraced>() as PayloadType<Retraced>,
).does({
  update(envelope, { step, seq, patches }, meta) {
    if (meta.seq !== seq + 1) throw conflict(step, "other acts were confirmed before it");
    patch(envelope, patches);
  },
});

export interface HistoryOptions {
  /** How many steps are kept; the oldest are forgotten. 100 by default. */
  readonly limit?: number | undefined;
  /** True for acts that are no part of any step: they are never undone, and leave what can be redone alone. */
  readonly skip?: ((act: ConfirmedAct) => boolean) | undefined;
}

export interface History {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /**
   * Confirms an act that takes back the last step; false where there is none. Throws HISTORY_CONFLICT when what the step
   * changed is no longer as the step left it, and what `confirm` throws; nothing was changed then.
   */
  undo(): boolean;
  /** Confirms an act that does again what was undone last; false where there is none. Throws as `undo` does. */
  redo(): boolean;
  /** Forgets all steps. */
  clear(): void;
  /** Forgets all steps and hears of no more acts. */
  end(): void;
}

interface Step<E> {
  readonly id: string;
  // The envelopes that its acts led from and to. What lies between two of these stretches was changed by others.
  readonly stretches: [from: E, to: E][];
}

/** Keeps the steps of a store from now on. The store needs the act `retrace`. */
export function history<E extends object>(store: Shawn<E>, options: HistoryOptions = {}): History {
  checkOptions("history()", options, ["limit", "skip"]);
  const { limit = 100 } = options;
  if (!Number.isInteger(limit) || limit < 1) {
    throw misuse("range", "BAD_OPTION", `history() limit must be an integer >= 1, got ${describe(limit)}`);
  }
  const { skip = () => false } = options;
  if (typeof skip !== "function") {
    throw misuse("type", "BAD_OPTION", `history() skip must be a function, got ${describe(skip)}`);
  }
  return new Past(store, limit, skip);
}

// Of how many acts it is known which step they belong to: what follows from older ones begins a step.
const REMEMBERED = 10_000;

class Past<E extends object> implements History {
  readonly #store: Shawn<E>;
  readonly #limit: number;
  readonly #skip: (act: ConfirmedAct) => boolean;
  readonly #stop: () => void;
  #done: Step<E>[] = [];
  #undone: Step<E>[] = [];
  // The step of each act, by the act's id; null for what follows from going back or forth.
  readonly #steps = new Map<string, Step<E> | null>();

  constructor(store: Shawn<E>, limit: number, skip: (act: ConfirmedAct) => boolean) {
    this.#store = store;
    this.#limit = limit;
    this.#skip = skip;
    this.#stop = store.subscribe((_next, previous, confirmed, envelopes, out) => {
      for (const act of [...out].reverse()) this.#out(act);
      let from = previous;
      for (const [at, act] of confirmed.entries()) {
        const to = envelopes[at] as E;
        this.#hear(act, from, to);
        from = to;
      }
    });
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  undo(): boolean {
    const step = this.#done[this.#done.length - 1];
    if (step === undefined) return false;
    const back = [...step.stretches].reverse().map(([from, to]): [E, E] => [to, from]);
    this.#go(step, "back", back);
    return true;
  }

  redo(): boolean {
    const step = this.#undone[this.#undone.length - 1];
    if (step === undefined) return false;
    this.#go(step, "forth", step.stretches);
    return true;
  }

  clear(): void {
    forget(this.#done);
    forget(this.#undone);
    this.#steps.clear();
  }

  end(): void {
    this.#stop();
    this.clear();
  }

  #go(step: Step<E>, way: Retraced["way"], stretches: readonly (readonly [E, E])[]): void {
    let now = this.#store.envelope;
    const all: Patch[] = [];
    for (const [from, to] of stretches) {
      const some = patches(from, to);
      for (const { path } of some) {
        if (!alike(lookup(from, path), lookup(now, path)))
          throw conflict(step.id, `${path.map(String).join(".")} was changed since`);
      }
      try {
        now = patched(now, some);
      } catch (cause) {
        throw conflict(step.id, "what it would be put next to was taken out since", cause);
      }
      for (const each of some) all.push(each);
    }
    this.#store.confirm(retrace({ step: step.id, way, seq: this.#store.seq, patches: all }));
  }

  #hear(act: ConfirmedAct, from: E, to: E): void {
    const { id, cause } = act.meta;
    if (retrace.match(act)) {
      this.#remember(id, null);
      return this.#moved(act.payload.step, act.payload.way);
    }
    let step = cause === undefined ? undefined : this.#steps.get(cause);
    // What comes when its step was undone already is a step of its own.
    if (step === undefined || (step !== null && this.#undone.includes(step))) step = { id, stretches: [] };
    this.#remember(id, step);
    if (step === null || from === to || this.#skip(act)) return;
    const last = step.stretches[step.stretches.length - 1];
    if (last?.[1] === from) last[1] = to;
    else step.stretches.push([from, to]);
    if (!this.#done.includes(step)) this.#done.push(step);
    if (this.#done.length > this.#limit) forget(this.#done, 1);
    forget(this.#undone);
  }

  // It was rolled back.
  #out(act: ConfirmedAct): void {
    if (retrace.match(act)) {
      const { step, way } = act.payload;
      return this.#moved(step, way === "back" ? "forth" : "back");
    }
    const step = this.#steps.get(act.meta.id);
    if (step === undefined || step === null || this.#skip(act)) return;
    const at = this.#done.indexOf(step);
    // A later step that changed the same place began with what is out: going back there would bring that back.
    if (at >= 0) {
      const behind = this.#done.splice(at).slice(1);
      for (const later of behind) if (!touches(later, step)) this.#done.push(later);
    }
    if (this.#undone.includes(step)) this.#undone.splice(this.#undone.indexOf(step), 1);
    // What still follows from its acts is a step of its own.
    for (const [id, known] of this.#steps) if (known === step) this.#steps.delete(id);
  }

  #moved(id: string, way: Retraced["way"]): void {
    const [source, target] = way === "back" ? [this.#done, this.#undone] : [this.#undone, this.#done];
    const at = source.findIndex((step) => step.id === id);
    if (at >= 0) target.push(...source.splice(at, 1));
  }

  #remember(id: string, step: Step<E> | null): void {
    this.#steps.set(id, step);
    if (this.#steps.size <= REMEMBERED) return;
    for (const oldest of this.#steps.keys()) {
      this.#steps.delete(oldest);
      return;
    }
  }
}

function touches<E extends object>(one: Step<E>, other: Step<E>): boolean {
  const others = pathsOf(other);
  return pathsOf(one).some((path) => others.some((each) => within(path, each) || within(each, path)));
}

function pathsOf<E extends object>({ stretches }: Step<E>): (readonly unknown[])[] {
  return stretches.flatMap(([from, to]) => patches(from, to).map(({ path }) => path as readonly unknown[]));
}

function within(path: readonly unknown[], above: readonly unknown[]): boolean {
  return above.every((key, at) => path[at] === key);
}

// Acts that follow later may still know the step; its envelopes are let go.
function forget<E>(steps: Step<E>[], count: number = steps.length): void {
  for (const step of steps.splice(0, count)) step.stretches.length = 0;
}

function conflict(step: string, why: string, cause?: unknown): ShawnError {
  return new ShawnError(
    "HISTORY_CONFLICT",
    `step ${step} cannot be retraced: ${why}; nothing was changed, clear() the history or change it by hand`,
    { cause },
  );
}
