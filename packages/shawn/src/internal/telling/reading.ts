/**
 * Runs selectors and notes what they read. A selector runs on a view of the envelope, which follows it through the fields
 * of the envelope, one step further (by field, index or key) and into tables; from there on it gives the values
 * themselves. A node whose keys are listed counts as read as a whole. A view is not identical with what it stands for: a node
 * that the selector may have compared (it was handed on, or looked for, or found in a second place) is given to it in
 * another run as itself, and counts as read as a whole, too.
 * Cost: the views are shared by all selectors that run while one envelope is told, and a run that reads what the one
 * before it has read makes nothing new.
 */

import { isPlain } from "../drafts/frozen.js";
import { Rows } from "../rows/rows.js";
import { type Branch, isCollection, isNode, type Node } from "./branch.js";

export interface Read<Reader extends { due: boolean }> {
  /** What it has read: the very list that it was given, where that is the same. The outcome stays what it is as long as there is nothing else in these places. */
  readonly branches: readonly Branch<Reader>[];
  /** What it has read in runs that do not count. */
  readonly passed: readonly Branch<Reader>[];
  /** What the selector gave; undefined where it threw. */
  readonly value: unknown;
  readonly failed: { readonly error: unknown } | null;
}

export class Readings<Reader extends { due: boolean }> {
  readonly #root: Branch<Reader>;
  // The branches that have a view.
  readonly #viewed: Branch<Reader>[] = [];
  #running: Reading<Reader> | null = null;

  constructor(root: Branch<Reader>) {
    this.#root = root;
  }

  /**
   * Runs a selector and notes what it reads. From the run on the view only what cannot hold a view is taken: for anything
   * else it runs again on the envelope itself, so no view gets out.
   */
  read<E>(select: (envelope: E) => unknown, envelope: E, before: Read<Reader>["branches"]): Read<Reader> {
    // A selector that has others run: their views are their own.
    const outer = this.#running;
    let compared = NOTHING_COMPARED;
    let passed: Read<Reader>["passed"] = NOTHING;
    for (;;) {
      const reading = new Reading<Reader>(before, outer === null ? this.#viewed : null, compared);
      this.#running = reading;
      let viewed: Pick<Read<Reader>, "value" | "failed">;
      try {
        viewed = attempt(select, reading.view(envelope, this.#root, 0) as E);
      } finally {
        this.#running = outer;
      }
      const given = reading.end(viewed.value);
      const { branches } = reading;
      if (reading.compared.size > compared.size) {
        compared = reading.compared;
        passed = [...passed, ...branches];
        continue;
      }
      if (viewed.failed === null && !given) return { branches, passed, value: viewed.value, failed: null };
      const direct = attempt(select, envelope);
      // What a view cannot stand in for, a structured clone for one.
      const unlike = (direct.failed === null) !== (viewed.failed === null);
      return { branches: unlike ? [...branches, this.#root] : branches, passed, ...direct };
    }
  }

  /** An envelope was told: its views are of no more use. */
  clear(): void {
    for (const branch of this.#viewed.splice(0)) branch.view = null;
  }
}

function attempt<E>(select: (envelope: E) => unknown, envelope: E): Pick<Read<never>, "value" | "failed"> {
  try {
    return { value: select(envelope), failed: null };
  } catch (error) {
    return { value: undefined, failed: { error } };
  }
}

// One run of a selector.
class Reading<Reader extends { due: boolean }> {
  // What the run before has read, and how much of that this one has read, too, in the same order.
  readonly #before: Read<Reader>["branches"];
  #alike = 0;
  // What this one has read, once that is something else.
  #branches: Branch<Reader>[] | null = null;
  readonly #views: View<Reader>[] = [];
  // Where views are kept that later runs may use; null where they must not.
  readonly #shared: Branch<Reader>[] | null;
  // What it got that views could have stood for elsewhere.
  #bare: object[] | null = null;
  #compared: ReadonlySet<object>;

  constructor(before: Read<Reader>["branches"], shared: Branch<Reader>[] | null, compared: ReadonlySet<object>) {
    this.#before = before;
    this.#shared = shared;
    this.#compared = compared;
  }

  /** The nodes that it may have compared: no view may stand for them. */
  get compared(): ReadonlySet<object> {
    return this.#compared;
  }

  get branches(): Read<Reader>["branches"] {
    if (this.#branches !== null) return this.#branches;
    return this.#alike === this.#before.length ? this.#before : this.#before.slice(0, this.#alike);
  }

  view(value: unknown, branch: Branch<Reader>, depth: number): unknown {
    if (!isNode(value)) {
      this.note(branch);
      return value;
    }
    if ((depth >= 2 && !(value instanceof Rows)) || this.#compared.has(value)) {
      this.note(branch);
      if (this.#bare === null) this.#bare = [value];
      else this.#bare.push(value);
      return value;
    }
    const view = this.#viewOf(value, branch, depth);
    if (view.reading !== this) {
      view.reading = this;
      view.read = "not";
      this.#views.push(view);
    }
    return view.proxy;
  }

  note(branch: Branch<Reader>): void {
    if (this.#branches === null && this.#before[this.#alike] === branch) {
      this.#alike++;
      return;
    }
    this.#branches ??= this.#before.slice(0, this.#alike);
    this.#branches.push(branch);
  }

  /** The value itself, that is looked for among others. */
  sought(value: unknown): unknown {
    const view = this.#views.find(({ proxy }) => proxy === value);
    if (view === undefined) return value;
    this.#compare(view.node);
    return view.node;
  }

  #compare(node: object): void {
    if (!this.#compared.has(node)) this.#compared = new Set([...this.#compared, node]);
  }

  /** The run is over. True where its result may be, or hold, a view. */
  end(result: unknown): boolean {
    const inside: readonly unknown[] = isPrimitive(result) ? NOTHING : Object.values(result);
    let given = !isPrimitive(result) && !(isPlain(result) && inside.every(isPrimitive));
    for (const view of this.#views) {
      // As far as results are compared.
      const gives = view.proxy === result || inside.includes(view.proxy);
      if (gives) given = true;
      if (view.read === "not" && !gives) this.#compare(view.node);
      if (view.read === "not" || (view.read === "parts" && gives)) this.note(view.branch);
      view.reading = null;
    }
    this.#twice();
    return given;
  }

  // What was got from two places, and in one of them as a view.
  #twice(): void {
    const views = this.#views;
    if (this.#bare !== null) {
      for (const node of this.#bare) for (const view of views) if (view.node === node) this.#compare(node);
    }
    if (views.length <= 2) return;
    const nodes = new Set<object>();
    for (const { node } of views) {
      if (nodes.has(node)) this.#compare(node);
      nodes.add(node);
    }
  }

  #viewOf(node: Node, branch: Branch<Reader>, depth: number): View<Reader> {
    const known = branch.view as View<Reader> | null;
    if (this.#shared !== null && known !== null && known.node === node) return known;
    const view = new View<Reader>(node, branch, depth);
    if (this.#shared !== null) {
      branch.view = view;
      this.#shared.push(branch);
    }
    return view;
  }
}

const NOTHING: readonly never[] = [];
const NOTHING_COMPARED: ReadonlySet<object> = new Set();

// Its target is a stand-in: that of a frozen node would have to give what stands in it.
class View<Reader extends { due: boolean }> implements ProxyHandler<object> {
  readonly proxy: object;
  readonly branch: Branch<Reader>;
  readonly node: Node;
  /** The run that it stands in for the node in; null when that is over, and what it gives is the node's own. */
  reading: Reading<Reader> | null = null;
  /** How much of the node was read. A view that was only handed on may have been compared. */
  read: "not" | "parts" | "whole" = "not";
  readonly #depth: number;

  constructor(node: Node, branch: Branch<Reader>, depth: number) {
    this.node = node;
    this.branch = branch;
    this.#depth = depth;
    this.proxy = new Proxy(Array.isArray(node) ? [] : {}, this);
  }

  get(_target: object, key: PropertyKey): unknown {
    const { node } = this;
    if (!isCollection(node)) {
      if (Object.hasOwn(node, key)) return this.#part(key, node[key]);
    } else if (key === "has" && key in node) {
      return (sought: unknown) => {
        const id = this.#itself(sought) as never;
        return this.#part(id, node.has(id));
      };
    } else if ((key === "get" || key === "at") && key in node) {
      return (sought: unknown) => {
        const id = this.#itself(sought) as never;
        return this.#part(id, (node as Rows<object>).get(id)) ?? (node as Rows<object>)[key](id);
      };
    }
    const value: unknown = Reflect.get(node, key, node);
    if (value === undefined) return this.#part(key, value);
    this.#whole();
    if (typeof value !== "function") return value;
    return (...given: unknown[]) =>
      value.apply(
        node,
        given.map((each) => this.#itself(each)),
      );
  }

  has(_target: object, key: PropertyKey): boolean {
    this.#whole();
    return Reflect.has(this.node, key);
  }

  ownKeys(): (string | symbol)[] {
    this.#whole();
    return Reflect.ownKeys(this.node);
  }

  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    this.#whole();
    const found = Reflect.getOwnPropertyDescriptor(this.node, key);
    // What the stand-in has itself, an array's length, is not to be configured; all else has to be.
    return found && { ...found, writable: true, configurable: !Object.hasOwn(target, key) };
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.node);
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
    if (this.read === "whole" || this.reading === null) return value;
    this.read = "parts";
    return this.reading.view(value, this.branch.child(key), this.#depth + 1);
  }

  #itself(value: unknown): unknown {
    return isPrimitive(value) || this.reading === null ? value : this.reading.sought(value);
  }

  #whole(): void {
    if (this.read !== "whole") this.reading?.note(this.branch);
    this.read = "whole";
  }
}

function isPrimitive(value: unknown): value is string | number | bigint | boolean | symbol | null | undefined {
  return (typeof value !== "object" && typeof value !== "function") || value === null;
}
