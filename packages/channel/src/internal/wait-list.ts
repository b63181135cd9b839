/**
 * A doubly linked list of those who wait at a channel. The nodes are the waiting operations themselves, so that
 * leaving from the middle (a cancel, a lost select) costs O(1) and leaves nothing behind.
 */
export interface WaitNode<N extends WaitNode<N>> {
  before: N | null;
  after: N | null;
  list: WaitList<N> | null;
}

export class WaitList<N extends WaitNode<N>> {
  #first: N | null = null;
  #last: N | null = null;
  size = 0;

  get first(): N | null {
    return this.#first;
  }

  push(node: N): void {
    node.list = this;
    node.before = this.#last;
    if (this.#last === null) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    this.size++;
  }

  shift(): N | null {
    const node = this.#first;
    if (node !== null) this.remove(node);
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
