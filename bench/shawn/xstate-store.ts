/**
 * The store of XState: events, selections that can be subscribed to, an enqueued event for what follows, and its
 * inspection for the journal.
 */
import { createStore } from "@xstate/store";
import { dictionary, type Library, spentOn, totalSpent } from "./subjects.js";

function office(ids: readonly string[]) {
  return createStore({
    context: { count: 0, tasks: dictionary(ids) as Readonly<ReturnType<typeof dictionary>> },
    on: {
      counted: (office) => ({ ...office, count: office.count + 1 }),
      spent: (office, { id }: { id: string }) => ({ ...office, tasks: spentOn(office.tasks, id) }),
      asked: (office, _event, enqueue) => {
        enqueue.trigger.counted?.();
        return office;
      },
    },
  });
}

export const library: Library = {
  counter(subscribers, told) {
    const store = office([]);
    for (let i = 0; i < subscribers; i++) store.select((now) => now.count).subscribe(told);
    return { act: () => store.trigger.counted(), read: () => store.getSnapshot().context.count };
  },
  rows(ids, watched, told) {
    const store = office(ids);
    for (const id of watched) store.select((now) => now.tasks[id]).subscribe(told);
    return {
      act: (id) => store.trigger.spent({ id }),
      read: () => totalSpent(Object.values(store.getSnapshot().context.tasks)),
    };
  },
  follow() {
    const store = office([]);
    return { act: () => store.trigger.asked(), read: () => store.getSnapshot().context.count };
  },
  journal() {
    const log: unknown[] = [];
    const store = office([]);
    store.inspect((inspected) => {
      log.push(inspected.event);
    });
    return { act: () => store.trigger.counted(), read: () => log.length };
  },
};
