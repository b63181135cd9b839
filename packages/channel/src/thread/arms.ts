/**
 * The clauses of selects that wait at an end of a thread channel: the home has to know of each.
 */
import { Linked, type LinkNode } from "../internal/linked.js";
import type { Giver, Taker } from "../parked.js";

/** What is told of clauses that begin and cease to wait. */
export interface Armed {
  armed(arm: Taker | Giver, kind: number): void;
  disarmed(arm: Taker | Giver): void;
}

export class Arms<N extends (Taker | Giver) & LinkNode<N>> extends Linked<N> {
  readonly #end: Armed;
  readonly #kind: number;

  constructor(end: Armed, kind: number) {
    super(end);
    this.#end = end;
    this.#kind = kind;
  }

  override push(arm: N): void {
    super.push(arm);
    this.#end.armed(arm, this.#kind);
  }

  override remove(arm: N): void {
    if (arm.list !== this) return;
    super.remove(arm);
    this.#end.disarmed(arm);
  }
}
