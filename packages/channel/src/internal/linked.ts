/**
 * A doubly linked list of those who wait at a channel. The nodes are the waiting operations themselves, so that
 * leaving from the middle (a cancel, a lost select) costs O(1) and leaves nothing behind.
 * It is a ring that is held by its last node: to hold a new object costs an old one a write barrier, and one is enough.
 */
export interface LinkNode<N extends LinkNode<N>> {
  before: N | null;
  after: N | null;
  list: Linked<N> | null;
}

export class Linked<N extends LinkNode<N>> {
  #last: N | null = null;
  size = 0;
  readonly #owner: object;

  constructor(owner: object) {
    this.#owner = owner;
  }

  get first(): N | null {
    return this.#last === null ? null : this.#last.after;
  }

  /** Whose list it is, for reports. */
  get owner(): object {
    return this.#owner;
  }

  push(node: N): void {
    const last = this.#last;
    node.list = this;
    if (last === null) {
      node.before = node;
      node.after = node;
    } else {
      const first = last.after as N;
      node.before = last;
      node.after = first;
      last.after = node;
      first.before = node;
    }
    this.#last = node;
    this.size++;
  }

  shift(): N | null {
    const last = this.#last;
    if (last === null) return null;
    const first = last.after as N;
    this.unlink(first);
    return first;
  }

  remove(node: N): void {
    if (node.list === this) this.unlink(node);
  }

  /** The node behind one that is in the list. */
  next(node: N): N | null {
    return node === this.#last ? null : node.after;
  }

  /** The nodes as they are now, oldest first. No iterator of its own: a comparison of channels would walk through it. */
  *each(): Generator<N, void, undefined> {
    let node = this.first;
    for (let left = this.size; left > 0 && node !== null; left--) {
      const next: N | null = node.after;
      yield node;
      node = next;
    }
  }

  private unlink(node: N): void {
    const before = node.before as N;
    if (before === node) this.#last = null;
    else {
      const after = node.after as N;
      before.after = after;
      after.before = before;
      if (this.#last === node) this.#last = before;
    }
    node.before = null;
    node.after = null;
    node.list = null;
    this.size--;
  }
}
