/**
 * Jotai: an atom, and an atom for each row, which is how it has keys; so there is no snapshot of all rows. Nothing
 * follows from a change, and there are no acts.
 */
import { createRequire } from "node:module";
import type * as Jotai from "jotai/vanilla";
import { type Library, type Row, totalSpent } from "./subjects.js";

// As a module it asks the bundler whether this is production; only as CommonJS it asks NODE_ENV.
const { atom, createStore }: typeof Jotai = createRequire(import.meta.url)("jotai/vanilla");

export const library: Library = {
  counter(subscribers, told) {
    const store = createStore();
    const count = atom(0);
    const counted = atom(null, (_get, set) => set(count, (old) => old + 1));
    // It calls a function once, however often it was subscribed.
    for (let i = 0; i < subscribers; i++) store.sub(count, () => told());
    return { act: () => store.set(counted), read: () => store.get(count) };
  },
  rows(ids, watched, told) {
    const store = createStore();
    const task = (id: string) => atom<Row>({ id, spent: 0 });
    const tasks = new Map(ids.map((id) => [id, task(id)]));
    const taskOf = (id: string) => tasks.get(id) as ReturnType<typeof task>;
    const spent = atom(null, (_get, set, id: string) => set(taskOf(id), (row) => ({ ...row, spent: row.spent + 1 })));
    for (const id of watched) store.sub(taskOf(id), told);
    return {
      act: (id) => store.set(spent, id),
      read: () => totalSpent([...tasks.values()].map((row) => store.get(row))),
    };
  },
};
