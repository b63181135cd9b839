/**
 * Looking without touching: within an update a row that is read becomes a draft, which costs far more than the look.
 * Who reads many rows and changes few looks at them through `peek`.
 */

import { ShawnError } from "./errors.js";
import { TableDraft } from "./internal/drafts/table-draft.js";
import type { Key, Table } from "./table.js";

/**
 * A table as it stands at any moment of an update, to be read: its rows come as they are, and not as drafts. Anything
 * else, and a table outside of an update, is given back as it is. Writing to it throws OUTSIDE_UPDATE; its rows must not
 * be written, which outside of production throws. With the update it ends as drafts do: DRAFT_ESCAPED.
 *
 * ```ts
 * update(office, id) {
 *   for (const task of peek(office.tasks)) if (task.project === id) office.tasks.delete(task.id);
 * }
 * ```
 */
export function peek<T>(value: T): T {
  return value instanceof TableDraft ? (new Peeked(value) as T) : value;
}

class Peeked implements Table<object> {
  readonly #draft: TableDraft;

  constructor(draft: TableDraft) {
    this.#draft = draft;
  }

  get key(): string {
    return this.#draft.key;
  }

  get size(): number {
    return this.#draft.size;
  }

  get(id: Key): object | undefined {
    return this.#draft.peek(id);
  }

  at(id: Key): object {
    return this.#draft.peek(id) ?? this.#draft.at(id);
  }

  has(id: Key): boolean {
    return this.#draft.has(id);
  }

  add(): void {
    refuseWrite("add");
  }

  set(): void {
    refuseWrite("set");
  }

  delete(): boolean {
    return refuseWrite("delete");
  }

  [Symbol.iterator](): Generator<object, void, unknown> {
    return this.#draft.peeks();
  }

  toJSON(): object[] {
    return [...this];
  }
}

function refuseWrite(what: string): never {
  throw new ShawnError(
    "OUTSIDE_UPDATE",
    `table.${what}() on what peek() gave, which is to be read: write to the table of the draft itself`,
  );
}
