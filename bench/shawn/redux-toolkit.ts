/**
 * Redux Toolkit: a slice, its listener middleware for what follows, a middleware for the journal. Subscribers select and
 * compare themselves.
 */
import {
  configureStore,
  createAction,
  createListenerMiddleware,
  createSlice,
  type Middleware,
  type PayloadAction,
} from "@reduxjs/toolkit";
import { type Dictionary, dictionary, type Library, rowOf, type Told, totalSpent } from "./subjects.js";

interface Office {
  readonly count: number;
  readonly tasks: Dictionary;
}

const { actions, reducer } = createSlice({
  name: "office",
  initialState: { count: 0, tasks: dictionary([]) },
  reducers: {
    counted(state) {
      state.count += 1;
    },
    spent(state, { payload: id }: PayloadAction<string>) {
      rowOf(state.tasks, id).spent += 1;
    },
  },
});
const asked = createAction("office/asked");

function office(ids: readonly string[], first: readonly Middleware[] = []) {
  return configureStore({
    reducer,
    preloadedState: { count: 0, tasks: dictionary(ids) },
    middleware: (defaults) => defaults().prepend(...first),
    devTools: false,
  });
}

export const library: Library = {
  counter(subscribers, told) {
    const store = office([]);
    for (let i = 0; i < subscribers; i++) watch(store, (now) => now.count, told);
    return { act: () => store.dispatch(actions.counted()), read: () => store.getState().count };
  },
  rows(ids, watched, told) {
    const store = office(ids);
    for (const id of watched) watch(store, (now) => now.tasks[id], told);
    return {
      act: (id) => store.dispatch(actions.spent(id)),
      read: () => totalSpent(Object.values(store.getState().tasks)),
    };
  },
  follow() {
    const listener = createListenerMiddleware();
    listener.startListening({
      actionCreator: asked,
      effect: (_action, api) => {
        api.dispatch(actions.counted());
      },
    });
    const store = office([], [listener.middleware]);
    return {
      act: () => store.dispatch(asked()),
      // Every run of a listener ends some microtasks later.
      settled: () => new Promise((resolve) => setImmediate(resolve)),
      read: () => store.getState().count,
    };
  },
  journal() {
    const log: unknown[] = [];
    const kept: Middleware = () => (next) => (action) => {
      log.push(action);
      return next(action);
    };
    const store = office([], [kept]);
    return { act: () => store.dispatch(actions.counted()), read: () => log.length };
  },
};

function watch(store: ReturnType<typeof office>, select: (office: Office) => unknown, told: Told): void {
  let was = select(store.getState());
  store.subscribe(() => {
    const now = select(store.getState());
    if (now === was) return;
    was = now;
    told();
  });
}
