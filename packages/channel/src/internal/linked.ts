/**
 * A doubly linked list of those who wait at a channel. The nodes are the waiting operations themselves, so that
 * leaving from the middle (a cancel, a lost select) costs O(1) and leaves nothing behind.
 */
export interface LinkNode<N extends LinkNode<N>> {
  before: N | null;
  after: N | null;
  list: Linked<N> | null;
}

export class Linked<N extends LinkNode<N>> {
  #first: N | null = null;
  #last: N | null = null;
  size = 0;
  readonly #owner: object;

  constructor(owner: object) {
    this.#owner = owner;
  }

  /** Whose list it is, for reports. */
  get owner(): object {
    return this.#owner;
  }

  push(node: N): void {
    const last = this.#last;
    node.list = this;
    node.before = last;
    if (last === null) this.#first = node;
    else last.after = node;
    this.#last = node;
    this.size++;
  }

  shift(): N | null {
    const node = this.#first;
    if (node === null) return null;
    const after = node.after;
    this.#first = after;
    if (after === null) this.#last = null;
    else after.before = null;
    node.after = null;
    node.list = null;
    this.size--;
    return node;
  }

  remove(node: N): void {
    if (node.list !== this) return;
    if (node.before === null) this.#first = node.after;
    else node.before.after = node.after;
    if (node.after === null) this.#last = node.before;
    else node.after.before = node.before;
    node.before = null;
    node.after = null;
    node.list = null;
    this.size--;
  }
}
