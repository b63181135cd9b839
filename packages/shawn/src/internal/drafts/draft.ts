/**
 * Drafts: an update is written as mutation, and becomes the next envelope, which shares with the one before all that
 * was not touched. Plain objects, arrays, maps, sets and tables can be changed; other objects are values, replaced as a
 * whole. Invariant: the base is never written; what was not written, nor anything below it, is in the next envelope the
 * very same object. When the update has ended every draft is dead, and using one throws.
 */
import { isAsyncGenerator, isGenerator, isThenable } from "@good-place/channel/shapes";
import { ShawnError } from "../../errors.js";
import { Rows } from "../rows/rows.js";
import { MapDraft, SetDraft } from "./collections.js";
import { freezeChanged, isPlain } from "./frozen.js";
import { DRAFT, type Draft, draftBehind, Place, Session, shallow } from "./session.js";
import { TableDraft } from "./table-draft.js";

type Node = Record<PropertyKey, unknown>;

/** Runs the recipe on a draft of `base` and gives what comes of it; `base` itself if nothing was changed. */
export function produce<E>(base: E, act: string, recipe: (draft: E) => unknown): E {
  if (typeof base === "object" && base !== null && draftBehind(base) !== undefined) {
    throw new ShawnError("UNDRAFTABLE", `act ${act}: a draft cannot be reduced; reduce an envelope`);
  }
  const session = new Session(act, draftOf);
  const root = draftOf(base, session, new Place(null, ""));
  try {
    const result = recipe((root === null ? base : root.proxy) as E);
    if (isThenable(result) || isGenerator(result) || isAsyncGenerator(result)) {
      if (isThenable(result)) Promise.resolve(result).catch(() => {});
      throw new ShawnError(
        "ASYNC_UPDATE",
        `act ${act}: its update is async or a generator; put what waits into watch or effect`,
      );
    }
    return root === null ? base : (root.finish() as E);
  } finally {
    session.open = false;
  }
}

function draftOf(value: unknown, session: Session, place: Place): Draft | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Rows) return new TableDraft(value, session, place);
  if (value instanceof Map) return new MapDraft(value, session, place);
  if (value instanceof Set) return new SetDraft(value, session, place);
  return isPlain(value) ? new NodeDraft(value as Node, session, place) : null;
}

const NOTHING: readonly never[] = [];

class NodeDraft implements Draft, ProxyHandler<Node> {
  readonly proxy: object;
  readonly session: Session;
  private readonly base: Node;
  private readonly place: Place;
  // Made when the node is written, or a draft of something in it is handed out.
  private copy: Node | null;
  // Where drafts, or objects that the update has put in, can stand in the copy.
  private held: PropertyKey[] | null;
  private finished: unknown;

  constructor(base: Node, session: Session, place: Place) {
    this.base = base;
    this.session = session;
    this.place = place;
    this.copy = null;
    this.held = null;
    this.finished = undefined;
    // An array's target has to be an array, so that Array.isArray and the array methods know it for one.
    this.proxy = new Proxy<Node>((Array.isArray(base) ? [] : {}) as Node, this);
  }

  get(_target: Node, key: PropertyKey): unknown {
    if (key === DRAFT) return this;
    this.session.check(this.place, key);
    const source = this.copy ?? this.base;
    const value = source[key];
    if (typeof value !== "object" || value === null || !Object.hasOwn(source, key)) return value;
    const draft = this.session.draft(value, this.base, this.place, String(key));
    if (draft !== value) {
      this.copied()[key] = draft;
      this.holds(key);
    }
    return draft;
  }

  set(_target: Node, key: PropertyKey, value: unknown): boolean {
    this.session.check(this.place, key);
    if (key === "__proto__") this.setPrototypeOf();
    const before = (this.copy ?? this.base)[key];
    if (Object.is(before, value) && Object.hasOwn(this.copy ?? this.base, key)) return true;
    this.place.touch();
    if (typeof value === "object" && value !== null) {
      this.session.remember(value);
      this.holds(key);
    }
    this.copied()[key] = value;
    return true;
  }

  deleteProperty(_target: Node, key: PropertyKey): boolean {
    this.session.check(this.place, key);
    if (!Object.hasOwn(this.copy ?? this.base, key)) return true;
    this.place.touch();
    return Reflect.deleteProperty(this.copied(), key);
  }

  has(_target: Node, key: PropertyKey): boolean {
    this.session.check(this.place, key);
    return Reflect.has(this.copy ?? this.base, key);
  }

  ownKeys(): (string | symbol)[] {
    this.session.check(this.place, "its keys");
    return Reflect.ownKeys(this.copy ?? this.base);
  }

  getOwnPropertyDescriptor(_target: Node, key: PropertyKey): PropertyDescriptor | undefined {
    this.session.check(this.place, key);
    const descriptor = Reflect.getOwnPropertyDescriptor(this.copy ?? this.base, key);
    if (descriptor === undefined) return undefined;
    const value = this.get(this.base, key);
    // An array's own length is the one property that a proxy may not call configurable.
    return {
      value,
      writable: true,
      enumerable: descriptor.enumerable ?? true,
      configurable: !(Array.isArray(this.base) && key === "length"),
    };
  }

  defineProperty(): boolean {
    return this.undraftable("Object.defineProperty; assign the value instead");
  }

  setPrototypeOf(): boolean {
    return this.undraftable("a new prototype; an envelope holds plain data");
  }

  preventExtensions(): boolean {
    return this.undraftable("Object.freeze; what stands in an envelope is frozen anyway");
  }

  finish(): unknown {
    if (!this.place.changed) return this.session.finished(this.base);
    if (this.finished !== undefined) return this.finished;
    const copy = this.copied();
    this.finished = copy;
    const fresh = this.session.isFresh(this.base);
    for (const key of fresh ? Reflect.ownKeys(copy) : (this.held ?? NOTHING)) {
      const value = copy[key];
      const after = this.session.finished(value, fresh);
      if (after !== value) copy[key] = after;
    }
    return freezeChanged(copy);
  }

  private holds(key: PropertyKey): void {
    if (this.held === null) this.held = [key];
    else this.held.push(key);
  }

  private copied(): Node {
    this.copy ??= shallow(this.base);
    return this.copy;
  }

  private undraftable(what: string): never {
    const where = this.place.path || "the envelope";
    throw new ShawnError("UNDRAFTABLE", `act ${this.session.act}: ${where} refuses ${what}`);
  }
}
