/**
 * RxJS: a subject of actions, scanned into a state; what follows is a stream of actions that is led back.
 */
import { BehaviorSubject, distinctUntilChanged, filter, map, Subject, scan, skip } from "rxjs";
import { type Dictionary, dictionary, type Library, spentOn, totalSpent } from "./subjects.js";

interface Office {
  readonly count: number;
  readonly tasks: Dictionary;
}
type Action = { readonly type: "counted" | "asked" } | { readonly type: "spent"; readonly id: string };

function reduced(office: Office, action: Action): Office {
  if (action.type === "counted") return { ...office, count: office.count + 1 };
  if (action.type === "spent") return { ...office, tasks: spentOn(office.tasks, action.id) };
  return office;
}

function store(ids: readonly string[]) {
  const office: Office = { count: 0, tasks: dictionary(ids) };
  const actions = new Subject<Action>();
  const state = new BehaviorSubject(office);
  actions.pipe(scan(reduced, office)).subscribe(state);
  return { actions, state };
}

export const library: Library = {
  counter(subscribers, told) {
    const { actions, state } = store([]);
    for (let i = 0; i < subscribers; i++) {
      state
        .pipe(
          map((now) => now.count),
          distinctUntilChanged(),
          skip(1),
        )
        .subscribe(told);
    }
    return { act: () => actions.next({ type: "counted" }), read: () => state.value.count };
  },
  rows(ids, watched, told) {
    const { actions, state } = store(ids);
    for (const id of watched) {
      state
        .pipe(
          map((now) => now.tasks[id]),
          distinctUntilChanged(),
          skip(1),
        )
        .subscribe(told);
    }
    return {
      act: (id) => actions.next({ type: "spent", id }),
      read: () => totalSpent(Object.values(state.value.tasks)),
    };
  },
  follow() {
    const { actions, state } = store([]);
    actions
      .pipe(
        filter(({ type }) => type === "asked"),
        map((): Action => ({ type: "counted" })),
      )
      .subscribe(actions);
    return { act: () => actions.next({ type: "asked" }), read: () => state.value.count };
  },
  journal() {
    const { actions } = store([]);
    const log: Action[] = [];
    actions.subscribe((action) => log.push(action));
    return { act: () => actions.next({ type: "counted" }), read: () => log.length };
  },
};
