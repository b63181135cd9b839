/**
 * Drafts of maps and sets. A map's values are drafted when they are read; its keys and a set's items are values.
 */
import { freezeChanged, seal } from "./frozen.js";
import { type Draft, type Place, type Session, standsForItself } from "./session.js";

export class MapDraft extends Map<unknown, unknown> implements Draft {
  readonly #session: Session;
  readonly #base: Map<unknown, unknown>;
  readonly #place: Place;
  #copy: Map<unknown, unknown> | null = null;
  #finished: unknown = undefined;

  constructor(base: Map<unknown, unknown>, session: Session, place: Place) {
    super();
    this.#session = session;
    this.#base = base;
    this.#place = place;
  }

  get proxy(): this {
    return this;
  }

  get session(): Session {
    return this.#session;
  }

  override get size(): number {
    return this.#now("size").size;
  }

  override has(key: unknown): boolean {
    return this.#now(key).has(key);
  }

  override get(key: unknown): unknown {
    const value = this.#now(key).get(key);
    const draft = this.#session.draft(value, this.#base, this.#place, name(key));
    if (draft !== value) this.#copied().set(key, draft);
    return draft;
  }

  override set(key: unknown, value: unknown): this {
    const now = this.#now(key);
    if (now.has(key) && Object.is(now.get(key), value)) return this;
    this.#place.touch();
    this.#session.remember(value);
    this.#session.remember(key);
    this.#copied().set(key, value);
    return this;
  }

  getOrInsert(key: unknown, value: unknown): unknown {
    return this.has(key) ? this.get(key) : this.set(key, value).get(key);
  }

  getOrInsertComputed(key: unknown, compute: (key: unknown) => unknown): unknown {
    return this.has(key) ? this.get(key) : this.set(key, compute(key)).get(key);
  }

  override delete(key: unknown): boolean {
    if (!this.#now(key).has(key)) return false;
    this.#place.touch();
    return this.#copied().delete(key);
  }

  override clear(): void {
    if (this.#now("clear()").size === 0) return;
    this.#place.touch();
    this.#copied().clear();
  }

  override forEach(call: (value: unknown, key: unknown, map: Map<unknown, unknown>) => void, self?: unknown): void {
    for (const key of this.keys()) call.call(self, this.get(key), key, this);
  }

  override keys(): MapIterator<unknown> {
    this.#now("keys()");
    return this.#copied().keys();
  }

  override *values(): MapIterator<unknown> {
    for (const key of this.keys()) yield this.get(key);
  }

  override *entries(): MapIterator<[unknown, unknown]> {
    for (const key of this.keys()) yield [key, this.get(key)];
  }

  override [Symbol.iterator](): MapIterator<[unknown, unknown]> {
    return this.entries();
  }

  finish(): unknown {
    if (!this.#place.changed) return this.#session.finished(this.#base);
    if (this.#finished !== undefined) return this.#finished;
    const next = new Map<unknown, unknown>();
    this.#finished = next;
    const fresh = this.#session.isFresh(this.#base);
    for (const [key, value] of this.#copied()) {
      next.set(this.#session.finished(key, fresh), freezeChanged(this.#session.finished(value, fresh)));
    }
    return seal(next);
  }

  #now(what: unknown): Map<unknown, unknown> {
    this.#session.check(this.#place, name(what));
    return this.#copy ?? this.#base;
  }

  #copied(): Map<unknown, unknown> {
    this.#copy ??= new Map(this.#base);
    return this.#copy;
  }
}

export class SetDraft extends Set<unknown> implements Draft {
  readonly #session: Session;
  readonly #base: Set<unknown>;
  readonly #place: Place;
  #copy: Set<unknown> | null = null;
  #finished: unknown = undefined;

  constructor(base: Set<unknown>, session: Session, place: Place) {
    super();
    this.#session = session;
    this.#base = base;
    this.#place = place;
  }

  get proxy(): this {
    return this;
  }

  get session(): Session {
    return this.#session;
  }

  override get size(): number {
    return this.#now("size").size;
  }

  override has(item: unknown): boolean {
    return this.#now("has()").has(item);
  }

  override add(item: unknown): this {
    if (this.#now("add()").has(item)) return this;
    this.#place.touch();
    this.#session.remember(item);
    this.#copied().add(item);
    return this;
  }

  override delete(item: unknown): boolean {
    if (!this.#now("delete()").has(item)) return false;
    this.#place.touch();
    return this.#copied().delete(item);
  }

  override clear(): void {
    if (this.#now("clear()").size === 0) return;
    this.#place.touch();
    this.#copied().clear();
  }

  override forEach(call: (item: unknown, again: unknown, set: Set<unknown>) => void, self?: unknown): void {
    for (const item of this.values()) call.call(self, item, item, this);
  }

  override values(): SetIterator<unknown> {
    this.#now("values()");
    return this.#copied().values();
  }

  override keys(): SetIterator<unknown> {
    return this.values();
  }

  override entries(): SetIterator<[unknown, unknown]> {
    this.#now("entries()");
    return this.#copied().entries();
  }

  override [Symbol.iterator](): SetIterator<unknown> {
    return this.values();
  }

  finish(): unknown {
    if (!this.#place.changed) return this.#session.finished(this.#base);
    if (this.#finished !== undefined) return this.#finished;
    const next = new Set<unknown>();
    this.#finished = next;
    const fresh = this.#session.isFresh(this.#base);
    for (const item of this.#copied()) next.add(freezeChanged(this.#session.finished(item, fresh)));
    return seal(next);
  }

  #now(what: string): Set<unknown> {
    this.#session.check(this.#place, what);
    return this.#copy ?? this.#base;
  }

  #copied(): Set<unknown> {
    this.#copy ??= new Set(this.#base);
    return this.#copy;
  }
}

// What sets can do beyond what is written above works on what they hold themselves, and a draft holds nothing.
const SET_METHODS = [
  "union",
  "intersection",
  "difference",
  "symmetricDifference",
  "isSubsetOf",
  "isSupersetOf",
  "isDisjointFrom",
];
for (const method of SET_METHODS) {
  if (!(method in Set.prototype)) continue;
  Object.defineProperty(SetDraft.prototype, method, {
    value(this: SetDraft, other: unknown): unknown {
      return (new Set(this) as unknown as Record<string, (other: unknown) => unknown>)[method]?.(other);
    },
  });
}

function name(key: unknown): string {
  return typeof key === "object" && key !== null ? "an entry" : String(key);
}

standsForItself(MapDraft);
standsForItself(SetDraft);
