/**
 * Zustand with its middleware for subscriptions to a selection. It has nothing that follows from an act, nor acts to
 * keep a journal of.
 */
import { subscribeWithSelector } from "zustand/middleware";
import { createStore } from "zustand/vanilla";
import { type Dictionary, dictionary, type Library, spentOn, totalSpent } from "./subjects.js";

interface Office {
  readonly count: number;
  readonly tasks: Dictionary;
  counted(): void;
  spent(id: string): void;
}

function office(ids: readonly string[]) {
  return createStore<Office>()(
    subscribeWithSelector((set) => ({
      count: 0,
      tasks: dictionary(ids),
      counted: () => set((old) => ({ count: old.count + 1 })),
      spent: (id) => set((old) => ({ tasks: spentOn(old.tasks, id) })),
    })),
  );
}

export const library: Library = {
  counter(subscribers, told) {
    const store = office([]);
    for (let i = 0; i < subscribers; i++) store.subscribe((now) => now.count, told);
    return { act: () => store.getState().counted(), read: () => store.getState().count };
  },
  rows(ids, watched, told) {
    const store = office(ids);
    for (const id of watched) store.subscribe((now) => now.tasks[id], told);
    return {
      act: (id) => store.getState().spent(id),
      read: () => totalSpent(Object.values(store.getState().tasks)),
    };
  },
};
