/**
 * What waits at an end of a thread channel for its home's answer, by the number that stands for it there. It is in here from
 * the moment it is asked until it is answered; clauses of selects may also leave before.
 */
import type { Giver, Taker } from "../parked.js";
import { AskedOp, AskedTake, type Finish } from "./asked.js";

export type Asked = AskedOp<unknown> | Finish | Taker | Giver;

export class Register {
  /** How many firm gives and takes there are. */
  giving = 0;
  taking = 0;
  readonly #asked = new Map<number, Asked>();
  readonly #ids = new Map<Asked, number>();
  #lastId = 0;

  get empty(): boolean {
    return this.#asked.size === 0;
  }

  get ids(): number[] {
    return [...this.#asked.keys()];
  }

  has(id: number): boolean {
    return this.#asked.has(id);
  }

  idOf(asked: Asked): number | undefined {
    return this.#ids.get(asked);
  }

  newId(): number {
    return ++this.#lastId;
  }

  add(id: number, asked: Asked): void {
    this.#asked.set(id, asked);
    // Only what may leave by itself is looked for.
    if (!(asked instanceof AskedOp)) this.#ids.set(asked, id);
    this.#count(asked, 1);
  }

  /** Takes out what waits under the id, if it still does. */
  remove(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    if (asked === undefined) return undefined;
    this.#asked.delete(id);
    this.#ids.delete(asked);
    this.#count(asked, -1);
    return asked;
  }

  #count(asked: Asked, change: number): void {
    if (asked instanceof AskedTake) this.taking += change;
    else if (asked instanceof AskedOp) this.giving += change;
  }
}
