/**
 * What the drafts of one update share: whether it still runs, what it has itself put in, and how a draft becomes a
 * value of the next envelope.
 */
import { ShawnError } from "../../errors.js";
import type { Key } from "../../table.js";
import { Rows } from "../rows/rows.js";
import { freezeChanged, isPlain, seal } from "./frozen.js";

/**
 * Where a draft stands, and whether anything at or below it was written. Places, sessions and drafts are made for every
 * update: plain fields and written constructors cost it less.
 */
export class Place {
  changed: boolean;
  private readonly parent: Place | null;
  private readonly at: string;

  constructor(parent: Place | null, at: string) {
    this.changed = false;
    this.parent = parent;
    this.at = at;
  }

  get path(): string {
    const above = this.parent?.path ?? "";
    return above === "" ? this.at : `${above}.${this.at}`;
  }

  touch(): void {
    if (this.changed) return;
    this.changed = true;
    this.parent?.touch();
  }
}

export interface Draft {
  readonly proxy: object;
  readonly session: Session;
  /** What has become of the value: itself where nothing was changed. */
  finish(): unknown;
}

/** Makes the draft of a value; null for what is only replaced as a whole. */
export type DraftOf = (value: unknown, session: Session, place: Place) => Draft | null;

/** Under this key, what stands for a draft in an update gives the draft. A weak map of them all would cost more than the update. */
export const DRAFT: unique symbol = Symbol("draft") as never;

/** The draft that a value stands for, if it does. */
export function draftBehind(value: object): Draft | undefined {
  return (value as { readonly [DRAFT]?: Draft })[DRAFT];
}

/** Says of a class of drafts that its objects are what stands for them. */
export function standsForItself(draft: { readonly prototype: Draft }): void {
  Object.defineProperty(draft.prototype, DRAFT, {
    get(): Draft {
      return this;
    },
  });
}

export class Session {
  readonly act: string;
  open: boolean;
  private readonly draftOf: DraftOf;
  /** What the update itself has put into the draft: only there can drafts stand inside of plain values. */
  // Both are made when they are needed: most updates put in numbers and strings.
  private fresh: Set<object> | null;
  private done: Map<object, object> | null;

  constructor(act: string, draftOf: DraftOf) {
    this.act = act;
    this.open = true;
    this.draftOf = draftOf;
    this.fresh = null;
    this.done = null;
  }

  /** The draft to be read in place of a value that stands in `holder`; the value itself where there is none. */
  draft(value: unknown, holder: object, parent: Place, at: string): unknown {
    if (typeof value !== "object" || value === null || draftBehind(value) !== undefined) return value;
    if (this.fresh?.has(holder)) this.fresh.add(value);
    return this.draftOf(value, this, new Place(parent, at))?.proxy ?? value;
  }

  remember(value: unknown): void {
    if (typeof value === "object" && value !== null && draftBehind(value) === undefined) {
      this.fresh ??= new Set();
      this.fresh.add(value);
    }
  }

  isFresh(value: object): boolean {
    return this.fresh?.has(value) ?? false;
  }

  check(place: Place, what: PropertyKey): void {
    if (!this.open) escaped(this.act, [place.path, String(what)].filter(Boolean).join("."));
  }

  /** A value as it goes into the next envelope: drafts in it become what has become of them. */
  finished(value: unknown, fresh = false): unknown {
    if (typeof value !== "object" || value === null) return value;
    const draft = draftBehind(value);
    if (draft !== undefined) return draft.session === this ? draft.finish() : escaped(draft.session.act, "a draft");
    if (!fresh && !this.isFresh(value)) return value;
    this.done ??= new Map();
    const known = this.done.get(value);
    if (known !== undefined) return known;
    // It may hold itself.
    this.done.set(value, value);
    const after = this.#inside(value);
    if (after !== value) this.done.set(value, after);
    return after;
  }

  #inside(value: object): object {
    if (value instanceof Rows) return this.#rows(value);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#set(value);
    if (!isPlain(value)) return value;
    let node = value as Record<PropertyKey, unknown>;
    for (const key of Reflect.ownKeys(value)) {
      const inner = node[key];
      const after = this.finished(inner, true);
      if (after === inner) continue;
      if (node === value && Object.isFrozen(value)) node = shallow(node);
      node[key] = after;
    }
    return node;
  }

  #rows(rows: Rows<object>): object {
    const changes = new Map<Key, object>();
    for (const row of rows) {
      const after = freezeChanged(this.finished(row, true)) as object;
      if (after !== row) changes.set(rows.keyOf(row), after);
    }
    return rows.changed(changes, []);
  }

  #map(map: Map<unknown, unknown>): Map<unknown, unknown> {
    const entries = [...map].map(([key, inner]) => [this.finished(key, true), this.finished(inner, true)] as const);
    const same = [...map.keys()].every((key, i) => key === entries[i]?.[0] && map.get(key) === entries[i]?.[1]);
    return seal(same ? map : new Map(entries));
  }

  #set(set: Set<unknown>): Set<unknown> {
    const items = [...set].map((inner) => this.finished(inner, true));
    return seal(items.every((inner) => set.has(inner)) ? set : new Set(items));
  }
}

/** A copy of a node that shares what is inside. */
export function shallow<T extends object>(node: T): T {
  if (Array.isArray(node)) return node.slice() as unknown as T;
  return Object.getPrototypeOf(node) === null ? Object.assign(Object.create(null), node) : { ...node };
}

function escaped(act: string, what: string): never {
  throw new ShawnError(
    "DRAFT_ESCAPED",
    `act ${act}: ${what} was used after its update had ended; read the envelope instead`,
  );
}
