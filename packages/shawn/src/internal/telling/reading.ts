/**
 * One run of a selector that notes what it reads. It runs on a view of the envelope, which follows it through the fields
 * of the envelope, one step further (by field, index or key) and into tables; from there on it gives the values
 * themselves. A node whose keys are listed, or that is not read by key at all, counts as read as a whole.
 */

import { isPlain } from "../drafts/frozen.js";
import { Rows } from "../rows/rows.js";
import { type Branch, isCollection, isNode, type Node } from "./branch.js";

export interface Read<Reader> {
  /** What it has read. The outcome stays what it is as long as there is nothing else in these places. */
  readonly branches: readonly Branch<Reader>[];
  /** What the selector gave; undefined where it threw. */
  readonly value: unknown;
  readonly failed: { readonly error: unknown } | null;
}

/**
 * Runs a selector and notes what it reads. From the run on the view only what cannot hold a view is taken: for anything
 * else it runs again on the envelope itself, so no view gets out.
 */
export function read<E, Reader>(select: (envelope: E) => unknown, envelope: E, root: Branch<Reader>): Read<Reader> {
  const reading = new Reading<Reader>();
  const viewed = attempt(select, reading.view(envelope, root, 0) as E);
  const branches = reading.end(viewed.value);
  if (viewed.failed === null && !reading.mayHoldView(viewed.value)) return { branches, ...viewed };
  const direct = attempt(select, envelope);
  // What a view cannot stand in for, a structured clone for one.
  if ((direct.failed === null) !== (viewed.failed === null)) branches.push(root);
  return { branches, ...direct };
}

function attempt<E>(select: (envelope: E) => unknown, envelope: E): Pick<Read<never>, "value" | "failed"> {
  try {
    return { value: select(envelope), failed: null };
  } catch (error) {
    return { value: undefined, failed: { error } };
  }
}

class Reading<Reader> {
  readonly #branches: Branch<Reader>[] = [];
  readonly #views: View<Reader>[] = [];
  #ended = false;

  view(value: unknown, branch: Branch<Reader>, depth: number): unknown {
    if (this.#ended) return value;
    if (isNode(value) && (depth < 2 || value instanceof Rows)) {
      const view = new View(value, branch, depth, this);
      this.#views.push(view);
      return view.proxy;
    }
    this.note(branch);
    return value;
  }

  note(branch: Branch<Reader>): void {
    this.#branches.push(branch);
  }

  /** False for primitives, and for plain objects and arrays of nothing else. */
  mayHoldView(result: unknown): boolean {
    if (isPrimitive(result)) return false;
    if (!isPlain(result) || this.#views.some(({ proxy }) => proxy === result)) return true;
    return !Object.values(result).every(isPrimitive);
  }

  end(result: unknown): Branch<Reader>[] {
    this.#ended = true;
    for (const view of this.#views) {
      if (view.read !== "whole" && (view.read === "not" || gives(result, view.proxy))) this.note(view.branch);
    }
    return this.#branches;
  }
}

// Its target is a stand-in: that of a frozen node would have to give what stands in it.
class View<Reader> implements ProxyHandler<object> {
  readonly proxy: object;
  readonly branch: Branch<Reader>;
  /** How much of the node was read. A view that was only handed on may have been compared. */
  read: "not" | "parts" | "whole" = "not";
  readonly #node: Node;
  readonly #depth: number;
  readonly #reading: Reading<Reader>;

  constructor(node: Node, branch: Branch<Reader>, depth: number, reading: Reading<Reader>) {
    this.#node = node;
    this.branch = branch;
    this.#depth = depth;
    this.#reading = reading;
    this.proxy = new Proxy(Array.isArray(node) ? [] : {}, this);
  }

  get(_target: object, key: PropertyKey): unknown {
    const node = this.#node;
    if (!isCollection(node)) {
      if (Object.hasOwn(node, key)) return this.#part(key, node[key]);
    } else if (key === "has" && key in node) {
      return (id: never) => this.#part(id, node.has(id));
    } else if ((key === "get" || key === "at") && key in node) {
      return (id: never) => this.#part(id, (node as Rows<object>).get(id)) ?? (node as Rows<object>)[key](id);
    }
    const value: unknown = Reflect.get(node, key, node);
    if (value === undefined) return this.#part(key, value);
    this.#whole();
    return typeof value === "function" ? value.bind(node) : value;
  }

  has(_target: object, key: PropertyKey): boolean {
    this.#whole();
    return Reflect.has(this.#node, key);
  }

  ownKeys(): (string | symbol)[] {
    this.#whole();
    return Reflect.ownKeys(this.#node);
  }

  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    this.#whole();
    const found = Reflect.getOwnPropertyDescriptor(this.#node, key);
    // What the stand-in has itself, an array's length, is not to be configured; all else has to be.
    return found && { ...found, writable: true, configurable: !Object.hasOwn(target, key) };
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.#node);
  }

  set(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  deleteProperty(): boolean {
    return false;
  }

  #part(key: unknown, value: unknown): unknown {
    if (this.read === "whole") return value;
    this.read = "parts";
    return this.#reading.view(value, this.branch.child(key), this.#depth + 1);
  }

  #whole(): void {
    if (this.read !== "whole") this.#reading.note(this.branch);
    this.read = "whole";
  }
}

// Is it the result, or in it, as far as results are compared?
function gives(result: unknown, view: object): boolean {
  return result === view || (!isPrimitive(result) && Object.values(result).includes(view));
}

function isPrimitive(value: unknown): value is string | number | bigint | boolean | symbol | null | undefined {
  return (typeof value !== "object" && typeof value !== "function") || value === null;
}
