/**
 * The places in an envelope that somebody reads, as a tree: a branch stands for a value there, its children for what is
 * in that value by field, index, key of a map or row of a table. What has changed between two envelopes is looked for
 * only along branches; what both share is passed over at once.
 */

import { isPlain } from "../drafts/frozen.js";
import { differences } from "../rows/differences.js";
import { Rows } from "../rows/rows.js";

/** What branches lead into. Other objects are values, which are only replaced as a whole. */
export type Node = Rows<object> | Map<unknown, unknown> | Set<unknown> | Record<PropertyKey, unknown>;

export function isNode(value: unknown): value is Node {
  if (typeof value !== "object" || value === null) return false;
  return isPlain(value) || isCollection(value);
}

/** Is it read by `get`, `at` and `has`, and not by its fields? */
export function isCollection(node: object): node is Rows<object> | Map<unknown, unknown> | Set<unknown> {
  return node instanceof Rows || node instanceof Map || node instanceof Set;
}

/** Invariant: a branch without readers and children is in no tree, but for the root, and while a selector reads. */
export class Branch<Reader extends { due: boolean }> {
  /** The view of the value here, for the selectors that run while one envelope is told (reading.ts). */
  view: { readonly node: object } | null = null;
  readonly readers: Set<Reader> = new Set();
  readonly #parent: Branch<Reader> | null;
  readonly #key: unknown;
  #children: Map<unknown, Branch<Reader>> | null = null;

  constructor(parent: Branch<Reader> | null, key: unknown) {
    this.#parent = parent;
    this.#key = key;
  }

  child(key: unknown): Branch<Reader> {
    this.#children ??= new Map();
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const child = new Branch<Reader>(this, key);
    this.#children.set(key, child);
    return child;
  }

  /** Takes a reader away, and this branch from its tree when nobody is left. */
  leave(reader: Reader): void {
    this.readers.delete(reader);
    this.#wither();
  }

  /** Collects who reads something here or below that is not the same in both, and is not due yet. */
  affected(was: unknown, now: unknown, into: Reader[]): void {
    if (Object.is(was, now)) return;
    this.#due(into);
    const children = this.#children;
    if (children === null) return;
    if (was instanceof Rows && now instanceof Rows && was.key === now.key) {
      let stay = true;
      now.unlike(was, (row, is) => {
        if (row === undefined || is === undefined || was.keyOf(row) !== now.keyOf(is)) stay = false;
        else children.get(now.keyOf(is))?.affected(row, is, into);
      });
      if (stay) return;
      for (const [id, row] of differences(was, now).rows) children.get(id)?.affected(row.was, row.is, into);
    } else if (alike(was, now)) {
      for (const [key, child] of children) child.affected(part(was as Node, key), part(now as Node, key), into);
    } else {
      for (const child of children.values()) child.#everyone(into);
    }
  }

  #due(into: Reader[]): void {
    for (const reader of this.readers) {
      if (reader.due) continue;
      reader.due = true;
      into.push(reader);
    }
  }

  #everyone(into: Reader[]): void {
    this.#due(into);
    for (const child of this.#children?.values() ?? []) child.#everyone(into);
  }

  #wither(): void {
    if (this.#parent === null || this.readers.size > 0 || (this.#children?.size ?? 0) > 0) return;
    this.#parent.#children?.delete(this.#key);
    this.#parent.#wither();
  }
}

const ABSENT = Symbol("absent");

function part(node: Node, key: unknown): unknown {
  if (node instanceof Map) return node.has(key) ? node.get(key) : ABSENT;
  if (node instanceof Set) return node.has(key);
  const plain = node as Record<PropertyKey, unknown>;
  return Object.hasOwn(plain, key as PropertyKey) ? plain[key as PropertyKey] : ABSENT;
}

// Do the same keys mean the same in both?
function alike(was: unknown, now: unknown): boolean {
  if (!isNode(was) || !isNode(now) || was instanceof Rows) return false;
  return Object.getPrototypeOf(was) === Object.getPrototypeOf(now);
}
