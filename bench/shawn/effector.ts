/**
 * Effector: events, a store for each part, derived stores for what subscribers look at, `sample` for what follows.
 */
import { createEvent, createStore, sample } from "effector";
import { type Dictionary, dictionary, type Library, spentOn, totalSpent } from "./subjects.js";

function counter() {
  const counted = createEvent();
  return { counted, $count: createStore(0).on(counted, (count) => count + 1) };
}

export const library: Library = {
  counter(subscribers, told) {
    const { counted, $count } = counter();
    for (let i = 0; i < subscribers; i++) $count.updates.watch(told);
    return { act: () => counted(), read: () => $count.getState() };
  },
  rows(ids, watched, told) {
    const spent = createEvent<string>();
    const $tasks = createStore<Dictionary>(dictionary(ids)).on(spent, spentOn);
    for (const id of watched) $tasks.map((tasks) => tasks[id] ?? null).updates.watch(told);
    return { act: (id) => spent(id), read: () => totalSpent(Object.values($tasks.getState())) };
  },
  follow() {
    const { counted, $count } = counter();
    const asked = createEvent();
    sample({ clock: asked, target: counted });
    return { act: () => asked(), read: () => $count.getState() };
  },
  journal() {
    const { counted } = counter();
    const log: unknown[] = [];
    counted.watch((payload) => log.push({ name: counted.shortName, payload }));
    return { act: () => counted(), read: () => log.length };
  },
};
