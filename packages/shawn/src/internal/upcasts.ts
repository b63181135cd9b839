/**
 * The upcasts of a store as one graph. Invariant, checked when it is made: from every name and version that has an upcast,
 * and from every earlier version of an act, one way leads to an act that the store has, and it ends there.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { AnyActDefinition } from "../act.js";
import { ShawnError } from "../errors.js";
import type { JournalRecord } from "../journal.js";
import { told, type Upcast, type Versioned } from "../upcast.js";

type Definitions = ReadonlyMap<string, AnyActDefinition<never>>;

export class Upcasts {
  readonly #acts: Definitions;
  readonly #from = new Map<string, Upcast>();

  /** Throws BAD_UPCAST, DUPLICATE_UPCAST, UPCAST_CYCLE, or UPCAST_GAP where a way ends at nothing that the store has. */
  constructor(acts: Definitions, upcasts: readonly Upcast[]) {
    this.#acts = acts;
    for (const each of upcasts) this.#add(each);
    for (const { from } of upcasts) this.#follow(from);
    for (const { name, version } of [...acts.values()].map(versionOf)) {
      for (let old = 1; old < version; old++) this.#follow({ name, version: old });
    }
  }

  /** The record as one of an act that the store has. Throws NEWER_ACT; an act that is unknown stays as it is. */
  current(record: JournalRecord): JournalRecord {
    const { meta } = record;
    let { name, payload } = record;
    let version = meta.version ?? 1;
    for (let next = this.#from.get(told({ name, version })); next !== undefined; ) {
      payload = next.change(payload, meta);
      ({ name, version } = next.to);
      next = this.#from.get(told(next.to));
    }
    const definition = this.#acts.get(name);
    if (definition !== undefined && version !== versionOf(definition).version) throw newer(record, definition);
    if (name === record.name && version === (meta.version ?? 1)) return record;
    const { version: _, ...rest } = meta;
    return { ...record, name, payload, meta: version === 1 ? rest : { ...rest, version } };
  }

  #add(each: Upcast): void {
    if (typeof each?.change !== "function" || each.from === undefined) {
      throw misuse("type", "BAD_UPCAST", `shawn() upcasts must be what upcast() makes, got ${describe(each)}`);
    }
    const from = told(each.from);
    const first = this.#from.get(from);
    if (first !== undefined) {
      const text = `there are two upcasts from ${from}, to ${told(first.to)} and to ${told(each.to)}; leave one of them`;
      throw misuse("type", "DUPLICATE_UPCAST", text);
    }
    this.#from.set(from, each);
  }

  #follow(start: Versioned): void {
    const way = [told(start)];
    let at = start;
    for (let next = this.#from.get(told(at)); next !== undefined; next = this.#from.get(told(at))) {
      at = next.to;
      const seen = way.includes(told(at));
      way.push(told(at));
      if (seen) throw misuse("type", "UPCAST_CYCLE", `upcasts go round in a circle: ${way.join(", ")}; cut it`);
    }
    const definition = this.#acts.get(at.name);
    if (definition !== undefined && versionOf(definition).version === at.version) return;
    const end =
      definition === undefined ? "there is no such act" : `the act is of version ${versionOf(definition).version}`;
    const advice = `add upcast("${told(at)}", "name@version", ...) to what leads there`;
    throw misuse("type", "UPCAST_GAP", `records of ${way[0]} come to ${told(at)}, and ${end}; ${advice}`);
  }
}

/** The version of an act's payload. */
export function versionOf({ name, body }: AnyActDefinition<never>): Versioned {
  return { name, version: body.version ?? 1 };
}

function newer({ seq, name, meta }: JournalRecord, definition: AnyActDefinition<never>): ShawnError {
  const { version } = versionOf(definition);
  const text = `record ${seq} is of act ${told({ name, version: meta.version ?? 1 })}, this program knows version ${version}`;
  return new ShawnError("NEWER_ACT", `${text}: it was written by a newer one, use that`);
}
