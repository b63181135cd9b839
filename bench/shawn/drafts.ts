/**
 * The libraries of drafts, Immer and Mutative, in the smallest store that one would write around them: a state, and
 * listeners that select and compare.
 */
import { produce } from "immer";
import { create } from "mutative";
import { dictionary, type Library, rowOf, totalSpent } from "./subjects.js";

interface Office {
  count: number;
  tasks: Record<string, { id: string; spent: number }>;
}
type Next = (office: Office, recipe: (draft: Office) => void) => Office;
type Listener = (now: Office, was: Office) => void;

class Store {
  office: Office;
  readonly #next: Next;
  readonly #listeners = new Set<Listener>();

  constructor(office: Office, next: Next) {
    this.office = office;
    this.#next = next;
  }

  update(recipe: (draft: Office) => void): void {
    const was = this.office;
    this.office = this.#next(was, recipe);
    for (const listener of this.#listeners) listener(this.office, was);
  }

  subscribe(select: (office: Office) => unknown, told: () => void): void {
    this.#listeners.add((now, was) => {
      if (select(now) !== select(was)) told();
    });
  }
}

function libraryOf(next: Next): Library {
  return {
    counter(subscribers, told) {
      const store = new Store({ count: 0, tasks: {} }, next);
      for (let i = 0; i < subscribers; i++) store.subscribe((now) => now.count, told);
      const act = (): void =>
        store.update((draft) => {
          draft.count += 1;
        });
      return { act, read: () => store.office.count };
    },
    rows(ids, watched, told) {
      const store = new Store({ count: 0, tasks: dictionary(ids) }, next);
      for (const id of watched) store.subscribe((now) => now.tasks[id], told);
      const act = (id: string): void =>
        store.update((draft) => {
          rowOf(draft.tasks, id).spent += 1;
        });
      return { act, read: () => totalSpent(Object.values(store.office.tasks)) };
    },
  };
}

export const immer: Library = libraryOf((office, recipe) => produce(office, recipe));
export const mutative: Library = libraryOf((office, recipe) => create(office, recipe));
