import { atom, createStore } from "jotai/vanilla";

const store = createStore();
const count = atom(0);
export const seen: number[] = [];
store.sub(count, () => seen.push(store.get(count)));
store.set(count, (old) => old + 1);
store.set(count, (old) => old + 1);
