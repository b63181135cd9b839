/**
 * Nanostores: an atom, and a map whose keys can be listened to. It has nothing that follows, nor acts to keep.
 */
import { atom, listenKeys, map } from "nanostores";
import { dictionary, type Library, type Row, rowOf, totalSpent } from "./subjects.js";

export const library: Library = {
  counter(subscribers, told) {
    const $count = atom(0);
    for (let i = 0; i < subscribers; i++) $count.listen(told);
    return { act: () => $count.set($count.get() + 1), read: () => $count.get() };
  },
  rows(ids, watched, told) {
    const $tasks = map<Record<string, Row>>(dictionary(ids));
    for (const id of watched) listenKeys($tasks, [id], told);
    const act = (id: string): void => {
      const row = rowOf($tasks.get(), id);
      $tasks.setKey(id, { ...row, spent: row.spent + 1 });
    };
    return { act, read: () => totalSpent(Object.values($tasks.get())) };
  },
};
