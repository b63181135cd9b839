/**
 * The pure heart of a store: the envelope, its sequence number, and what an act makes of it. Nothing here waits, calls
 * out, or knows of listeners.
 */
import { describe, misuse, nearest } from "@good-place/channel/misuse";
import { type Act, type ActBody, type AnyActDefinition, type ConfirmedAct, isDefinition, isNamed } from "../act.js";
import { ShawnError } from "../errors.js";
import type { JournalRecord, Meta } from "../journal.js";
import { checkedId } from "../once.js";
import { validated } from "../schema.js";
import type { Upcast } from "../upcast.js";
import { produce } from "./drafts/draft.js";
import { freeze } from "./drafts/frozen.js";
import { type Held, type Place, Rebase, type Shift } from "./rebase.js";
import { Upcasts } from "./upcasts.js";

/** What an act follows from: an act, or somebody who confirms. */
export type Origin = Pick<Meta, "by"> & { readonly id: string | undefined };

/** Where what is drawn once, at confirm, comes from. */
export interface Source {
  readonly now: () => number;
  readonly id: () => string;
  /** True where a journal keeps what is confirmed. */
  readonly journaled: boolean;
}

export class Core<E extends object> {
  envelope: E;
  seq: number;
  /** The name of the act whose update runs right now. */
  updating: string | null = null;
  /** What is not certain yet. */
  readonly rebase: Rebase<E>;
  /** The ids that were given, with the number of the act that has it. */
  readonly once: Map<string, number> = new Map<string, number>();
  readonly #upcasts: Upcasts;
  // The envelope before the last act.
  #before: E;
  readonly #definitions = new Map<string, AnyActDefinition<E>>();
  readonly #source: Source;

  constructor(
    envelope: E,
    seq: number,
    definitions: readonly AnyActDefinition<E>[],
    upcasts: readonly Upcast[],
    source: Source,
  ) {
    if (!Array.isArray(definitions)) {
      throw misuse("type", "BAD_OPTION", `shawn() acts must be an array of acts, got ${describe(definitions)}`);
    }
    for (const definition of definitions as readonly AnyActDefinition<E>[]) {
      if (!isDefinition(definition)) {
        const came = describe(definition);
        throw misuse("type", "BAD_OPTION", `shawn() acts must be what act(...).does({ ... }) has made, got ${came}`);
      }
      if (this.#definitions.has(definition.name)) {
        throw misuse(
          "type",
          "DUPLICATE_ACT",
          `shawn() got two acts named "${definition.name}"; a name belongs to one act`,
        );
      }
      this.#definitions.set(definition.name, definition);
    }
    this.#upcasts = new Upcasts(this.#definitions as never, upcasts);
    this.envelope = kept("shawn()", envelope);
    this.seq = seq;
    this.#source = source;
    this.#before = this.envelope;
    this.rebase = new Rebase({ envelope: this.envelope, seq }, (before, act) =>
      this.updated(before, this.definition(act), act.payload, act.meta),
    );
  }

  /** Up to where nothing will be rolled back. */
  get certain(): Place<E> {
    return this.rebase.holding ? this.rebase.base : { envelope: this.envelope, seq: this.seq };
  }

  /** Puts another envelope in the place of this one. */
  show(envelope: E): void {
    this.envelope = kept("travel()", envelope);
  }

  definition(act: Act): AnyActDefinition<E> {
    if (!isNamed(act)) {
      const advice = isDefinition(act) ? ", the definition: call it, and confirm what it gives" : "";
      throw misuse("type", "NOT_AN_ACT", `an act is { name, payload }, got ${describe(act)}${advice}`);
    }
    const definition = this.#definitions.get(act.name);
    if (definition !== undefined) return definition;
    const near = nearest(act.name, [...this.#definitions.keys()]);
    const advice = near ? `; did you mean "${near}"?` : "; give its definition to shawn({ acts })";
    throw new ShawnError("UNKNOWN_ACT", `this store has no act "${act.name}"${advice}`);
  }

  draw(origin: Origin | undefined, definition?: AnyActDefinition<E>, id?: string): Meta {
    const source = this.#source;
    const meta = { id: id ?? source.id(), seq: this.seq + 1, at: source.now(), cause: origin?.id, by: origin?.by };
    const version = definition?.body.version ?? 1;
    if (id === undefined && version === 1) return meta;
    return { ...meta, ...(version === 1 ? {} : { version }), ...(id === undefined ? {} : { once: true }) };
  }

  /** Was an act of its id confirmed before? Throws BAD_ACT_ID. */
  repeats({ id }: Act): boolean {
    return id !== undefined && this.once.has(checkedId(id));
  }

  /** Keeps in mind the ids that were given, and that they have these numbers. */
  remember(acts: readonly { readonly meta: Meta }[]): void {
    for (const { meta } of acts) if (meta.once === true) this.once.set(meta.id, meta.seq);
  }

  /** The payload that the act counts with. Throws PayloadError, also where a journal could not give it back. */
  payload({ name, payload }: Act, { schema, kept }: AnyActDefinition<E>): unknown {
    const made = validated(name, schema, payload);
    if (this.#source.journaled) validated(name, kept, made, "NOT_REPLAYABLE");
    return made;
  }

  reduce(envelope: E, act: Act): E {
    const definition = this.definition(act);
    const payload = validated(act.name, definition.schema, act.payload);
    return this.updated(envelope, definition, payload, act.meta ?? this.draw(undefined));
  }

  updated(envelope: E, definition: AnyActDefinition<E>, payload: unknown, meta: Meta): E {
    const { update } = definition.body as ActBody<E, unknown>;
    if (update === undefined) return envelope;
    const outer = this.updating;
    this.updating = definition.name;
    try {
      return produce(envelope, definition.name, (draft) => update(draft, payload, meta));
    } finally {
      this.updating = outer;
    }
  }

  /** Makes the act the last one: its update and its number. What the update throws leaves all as it was. */
  advance(definition: AnyActDefinition<E>, act: ConfirmedAct): void {
    const before = this.envelope;
    this.envelope = this.updated(before, definition, act.payload, act.meta);
    this.#before = before;
    this.seq = act.meta.seq;
    if (act.meta.once === true) this.once.set(act.meta.id, act.meta.seq);
    if (this.rebase.holding) this.rebase.push(act, this.envelope);
  }

  /** The last act may yet be rolled back. */
  hold(act: ConfirmedAct): Held<E> {
    return this.rebase.hold(act, this.#before, this.envelope);
  }

  /** Rolls the act back. */
  drop(held: Held<E>, error: unknown): Shift<E> {
    return this.#shifted(this.rebase.drop(held, error));
  }

  /** Puts what is certain to another place, and what is not behind it. */
  place(place: Place<E>): Shift<E> {
    return this.#shifted(this.rebase.insert(place));
  }

  /** A record that was confirmed before or elsewhere, as one of an act that there is. Throws NEWER_ACT and, with a journal, INVALID_RECORD. */
  current(found: JournalRecord): JournalRecord {
    const record = this.#upcasts.current(found);
    const { seq, name, payload } = record;
    if (this.#source.journaled) validated(name, this.#definitions.get(name)?.kept, payload, "INVALID_RECORD", seq);
    return record;
  }

  /** Where one such record leads: its update and nothing else. */
  take({ envelope, seq }: Place<E>, record: JournalRecord): Place<E> {
    if (record.seq !== seq + 1) {
      throw new ShawnError(
        "SEQ_GAP",
        `replay expected act ${seq + 1}, got ${record.seq}; an act is missing or came twice`,
      );
    }
    return { envelope: this.updated(envelope, this.definition(record), record.payload, record.meta), seq: record.seq };
  }

  #shifted(shift: Shift<E>): Shift<E> {
    for (const { meta } of shift.out) if (meta.once === true) this.once.delete(meta.id);
    // The held ones may have other numbers now.
    this.remember(this.rebase.held.map(({ act }) => act));
    const { envelope, seq } = this.rebase.tip;
    this.envelope = envelope;
    this.seq = seq;
    return shift;
  }
}

function kept<E>(where: string, envelope: E): E {
  if (typeof envelope === "object" && envelope !== null) return freeze(envelope);
  throw misuse("type", "BAD_ENVELOPE", `${where} takes an object as its envelope, got ${describe(envelope)}`);
}
