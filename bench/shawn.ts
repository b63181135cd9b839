/**
 * Shawn: one act that counts, and one that changes a field of one of 1,000 rows, with none and with 100 subscribers.
 */

import { acts, payload, type Shawn, shawn, type Table, table } from "@good-place/shawn";
import { configureStore, createSlice, type PayloadAction } from "@reduxjs/toolkit";
import { createStore } from "zustand/vanilla";
import type { Case, Runner } from "./harness.js";

interface Row {
  id: string;
  spent: number;
}
interface Office {
  count: number;
  tasks: Table<Row>;
}
interface Dictionary {
  count: number;
  tasks: Record<string, Row>;
}

const ROWS = 1000;
const ids = Array.from({ length: ROWS }, (_, index) => `task-${index}`);

const act = acts<Office>();
const counted = act("counted").does({
  update(office) {
    office.count += 1;
  },
});
const spent = act("spent", payload<string>()).does({
  update(office, id) {
    office.tasks.at(id).spent += 1;
  },
});

export function cases(): Case[] {
  return [0, 100].flatMap((subscribers) => [
    {
      bench: "shawn",
      case: `counter, ${subscribers} subscribers`,
      unit: "ns/op",
      ops: 20_000,
      ours: repeated(office(subscribers), (store) => store.confirm(counted())),
      peers: {
        "redux toolkit": repeated(toolkit(subscribers), (store) => store.dispatch(slice.actions.counted())),
        zustand: repeated(zustand(subscribers), (store) => store.setState((old) => ({ count: old.count + 1 }))),
      },
    },
    {
      bench: "shawn",
      case: `a row of ${ROWS}, ${subscribers} subscribers`,
      unit: "us/op",
      ops: 500,
      ours: repeated(office(subscribers), (store, i) => store.confirm(spent(ids[i % ROWS] ?? ""))),
      peers: {
        "redux toolkit": repeated(toolkit(subscribers), (store, i) =>
          store.dispatch(slice.actions.spent(ids[i % ROWS] ?? "")),
        ),
        zustand: repeated(zustand(subscribers), (store, i) =>
          store.setState((old) => bumped(old, ids[i % ROWS] ?? "")),
        ),
      },
    },
  ]);
}

function repeated<S>(store: S, once: (store: S, i: number) => void): Runner {
  return (ops) => {
    for (let i = 0; i < ops; i++) once(store, i);
  };
}

function office(subscribers: number): Shawn<Office> {
  const rows = ids.map((id) => ({ id, spent: 0 }));
  const store = shawn<Office>({ count: 0, tasks: table({ rows }) }, { acts: [counted, spent] });
  for (const id of ids.slice(0, subscribers)) {
    store.subscribe((next, before) => void (next.tasks.get(id) === before.tasks.get(id)));
  }
  return store;
}

function dictionary(): Dictionary {
  return { count: 0, tasks: Object.fromEntries(ids.map((id) => [id, { id, spent: 0 }])) };
}

const slice = createSlice({
  name: "office",
  initialState: dictionary(),
  reducers: {
    counted(state) {
      state.count += 1;
    },
    spent(state, { payload: id }: PayloadAction<string>) {
      const row = state.tasks[id];
      if (row !== undefined) row.spent += 1;
    },
  },
});

function toolkit(subscribers: number) {
  const store = configureStore({
    reducer: slice.reducer,
    // As in production: the checks of development cost more than the store.
    middleware: (defaults) => defaults({ immutableCheck: false, serializableCheck: false }),
    devTools: false,
  });
  for (const id of ids.slice(0, subscribers)) {
    let before = store.getState().tasks[id];
    store.subscribe(() => {
      const next = store.getState().tasks[id];
      if (next !== before) before = next;
    });
  }
  return store;
}

function zustand(subscribers: number) {
  const store = createStore<Dictionary>(() => dictionary());
  for (const id of ids.slice(0, subscribers))
    store.subscribe((next, before) => void (next.tasks[id] === before.tasks[id]));
  return store;
}

function bumped(old: Dictionary, id: string): Partial<Dictionary> {
  const row = old.tasks[id];
  return row === undefined ? {} : { tasks: { ...old.tasks, [id]: { ...row, spent: row.spent + 1 } } };
}
