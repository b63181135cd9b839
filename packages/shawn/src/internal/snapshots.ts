/**
 * Snapshots of what is durable, so that a start need not run every update since the first. They are never needed: one that
 * is gone, damaged, or made by other acts costs a longer replay and nothing else.
 * Invariant: a snapshot is used only by the acts that made it. They are told by `fold`: the version that the program names,
 * the names, versions and source texts of the updates and upcasts, and the initial envelope. What these call is not in it;
 * that is what the version is for.
 */
import type { AnyActDefinition } from "../act.js";
import type { Journal, Snapshot } from "../journal.js";
import { told, type Upcast } from "../upcast.js";
import type { Core } from "./core.js";
import { freeze } from "./drafts/frozen.js";
import type { Place } from "./rebase.js";
import { fromPlain, toPlain } from "./tools/plain.js";

/** When snapshots are kept, and of which program. */
export interface SnapshotOptions {
  /** Of all that updates call and the journal cannot see: another version, and the old snapshots are passed over. */
  readonly version: string | number;
  /** After how many records the next one is kept; 1,000 by default. */
  readonly every?: number | undefined;
}

interface Program<E> {
  readonly acts: readonly AnyActDefinition<E>[];
  readonly upcasts?: readonly Upcast[] | undefined;
}

interface State<E> {
  readonly envelope: E;
  readonly once: readonly (readonly [id: string, seq: number])[];
}

export class Snapshots<E extends object> {
  readonly #core: Core<E>;
  readonly #journal: Journal;
  readonly #fold: string;
  readonly #every: number;
  #last: number;

  constructor(core: Core<E>, journal: Journal, options: SnapshotOptions, program: Program<E>) {
    this.#core = core;
    this.#journal = journal;
    this.#every = options.every ?? 1000;
    this.#last = core.seq;
    const updates = program.acts.map(({ name, body }) => `${name}@${body.version ?? 1}=${body.update ?? ""}`).sort();
    const upcasts = (program.upcasts ?? []).map(({ from, to, change }) => `${told(from)}>${told(to)}=${change}`).sort();
    this.#fold = digest(JSON.stringify([options.version, core.seq, updates, upcasts, toPlain(core.envelope)]));
  }

  /** The newest usable one, or null. */
  async load(): Promise<Place<E> | null> {
    const found = await this.#journal.snapshot?.(this.#fold);
    if (found === undefined || found.seq <= this.#core.seq) return null;
    const state = revived<E>(found);
    if (state === null) return null;
    for (const [id, seq] of state.once) this.#core.once.set(id, seq);
    this.#last = found.seq;
    return { envelope: state.envelope, seq: found.seq };
  }

  /** So much is durable: keeps a snapshot of it when one is due. */
  durable(place: Place<E>): void {
    if (place.seq - this.#last < this.#every) return;
    this.#last = place.seq;
    // A journal that fails says so to the next append; a snapshot that cannot be kept is nothing to fail for.
    this.#keep(place).catch(() => {});
  }

  async #keep({ envelope, seq }: Place<E>): Promise<void> {
    const once = [...this.#core.once].filter(([, at]) => at <= seq);
    const state = JSON.stringify(toPlain({ envelope, once } satisfies State<E>));
    await this.#journal.keep?.({ seq, fold: this.#fold, state });
  }
}

function revived<E>({ state }: Snapshot): State<E> | null {
  try {
    const { envelope, once } = fromPlain(JSON.parse(state)) as State<E>;
    return { envelope: freeze(envelope), once: [...once] };
  } catch {
    return null;
  }
}

// FNV-1a in two lanes: it has to tell programs apart, not to withstand anybody.
function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < text.length; at++) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(at), 0x85ebca6b) ^ (b >>> 13);
  }
  return [a, b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}
