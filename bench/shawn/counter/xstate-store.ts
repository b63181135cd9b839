import { createStore } from "@xstate/store";

const store = createStore({
  context: { count: 0 },
  on: { counted: (office) => ({ count: office.count + 1 }) },
});
export const seen: number[] = [];
store.subscribe(({ context }) => seen.push(context.count));
store.trigger.counted();
store.trigger.counted();
