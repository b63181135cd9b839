/**
 * What waits tentatively at an end of a thread channel, the clauses of selects above all: the home has to know of each.
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

// Selects are known to the home by a number: their arms must not meet each other there either.
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

/** The number of the select that an arm belongs to; undefined for what belongs to none. */
export function numberOf(select: unknown): number | undefined {
  if (select === undefined) return undefined;
  const number = numbers.get(select as object) ?? ++lastNumber;
  numbers.set(select as object, number);
  return number;
}
