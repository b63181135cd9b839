/**
 * The pure heart of a store: the envelope, its sequence number, and what an act makes of it. Nothing here waits, calls
 * out, or knows of listeners.
 */
import { describe, misuse, nearest } from "@good-place/channel/misuse";
import { type Act, type ActBody, type AnyActDefinition, type ConfirmedAct, isAct } from "../act.js";
import { ShawnError } from "../errors.js";
import type { JournalRecord, Meta } from "../journal.js";
import { validated } from "../schema.js";
import { produce } from "./draft.js";
import { freeze } from "./frozen.js";

/** Where what is drawn once, at confirm, comes from. */
export interface Source {
  readonly now: () => number;
  readonly id: () => string;
}

export class Core<E extends object> {
  envelope: E;
  seq: number;
  /** The name of the act whose update runs right now. */
  updating: string | null = null;
  readonly #definitions = new Map<string, AnyActDefinition<E>>();
  readonly #source: Source;

  constructor(envelope: E, seq: number, definitions: readonly AnyActDefinition<E>[], source: Source) {
    for (const definition of definitions) {
      if (this.#definitions.has(definition.name)) {
        throw misuse(
          "type",
          "DUPLICATE_ACT",
          `shawn() got two acts named "${definition.name}"; a name belongs to one act`,
        );
      }
      this.#definitions.set(definition.name, definition);
    }
    this.envelope = kept("shawn()", envelope);
    this.seq = seq;
    this.#source = source;
  }

  /** Puts another envelope in the place of this one. */
  show(envelope: E): void {
    this.envelope = kept("travel()", envelope);
  }

  definition(act: Act): AnyActDefinition<E> {
    if (!isAct(act)) throw misuse("type", "NOT_AN_ACT", `an act is { name, payload }, got ${describe(act)}`);
    const definition = this.#definitions.get(act.name);
    if (definition !== undefined) return definition;
    const near = nearest(act.name, [...this.#definitions.keys()]);
    const advice = near ? `; did you mean "${near}"?` : "; give its definition to shawn({ acts })";
    throw new ShawnError("UNKNOWN_ACT", `this store has no act "${act.name}"${advice}`);
  }

  draw(cause: string | undefined): Meta {
    return { id: this.#source.id(), seq: this.seq + 1, at: this.#source.now(), cause, by: undefined };
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

  /** Takes over one record that was confirmed before or elsewhere: its update and nothing else. */
  take(record: JournalRecord): ConfirmedAct {
    if (record.seq !== this.seq + 1) {
      throw new ShawnError(
        "SEQ_GAP",
        `replay expected act ${this.seq + 1}, got ${record.seq}; an act is missing or came twice`,
      );
    }
    const act: ConfirmedAct = { name: record.name, payload: record.payload, meta: record.meta };
    this.envelope = this.updated(this.envelope, this.definition(act), act.payload, act.meta);
    this.seq = record.seq;
    return act;
  }
}

function kept<E>(where: string, envelope: E): E {
  if (typeof envelope === "object" && envelope !== null) return freeze(envelope);
  throw misuse("type", "BAD_ENVELOPE", `${where} takes an object as its envelope, got ${describe(envelope)}`);
}
