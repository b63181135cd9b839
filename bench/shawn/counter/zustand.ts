import { createStore } from "zustand/vanilla";

const store = createStore<{ count: number; counted(): void }>()((set) => ({
  count: 0,
  counted: () => set((old) => ({ count: old.count + 1 })),
}));
export const seen: number[] = [];
store.subscribe(({ count }) => seen.push(count));
store.getState().counted();
store.getState().counted();
