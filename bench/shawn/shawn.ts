/**
 * Our store: rows in a table, and beside it the same in a plain object, as the peers have them.
 */
import { type Act, acts, type JournalRecord, payload, type Shawn, shawn, type Table, table } from "@good-place/shawn";
import { type Dictionary, dictionary, type Library, type Row, rowOf, type Told, totalSpent } from "./subjects.js";

interface Office {
  count: number;
  tasks: Table<{ id: string; spent: number }>;
}
interface Plain {
  tasks: Record<string, { id: string; spent: number }>;
}

const act = acts<Office>();
const counted = act("counted").does({
  update(office) {
    office.count += 1;
  },
});
const asked = act("asked").does({ watch: () => counted() });
const spent = act("spent", payload<string>()).does({
  update(office, id) {
    office.tasks.at(id).spent += 1;
  },
});
const spentPlainly = acts<Plain>()("spent", payload<string>()).does({
  update(office, id) {
    rowOf(office.tasks, id).spent += 1;
  },
});

export const library: Library = {
  counter(subscribers, told) {
    const store = office();
    for (let i = 0; i < subscribers; i++) watch(store, (now) => now.count, told);
    return counting(store, counted);
  },
  rows(ids, watched, told) {
    const tasks = table({ rows: ids.map((id) => ({ id, spent: 0 })) });
    const store = shawn<Office>({ count: 0, tasks }, { acts: [spent] });
    for (const id of watched) watch(store, (now) => now.tasks.get(id), told);
    return { act: (id) => store.confirm(spent(id)), read: () => totalSpent(store.envelope.tasks) };
  },
  follow: () => counting(office(), asked),
  journal() {
    const log: JournalRecord[] = [];
    const journal = {
      append: async (records: readonly JournalRecord[]): Promise<void> => void log.push(...records),
      async *replay(): AsyncGenerator<JournalRecord> {},
    };
    const store = shawn<Office>({ count: 0, tasks: table() }, { acts: [counted], journal });
    return { act: () => store.confirm(counted()), settled: () => store.settled(), read: () => log.length };
  },
};

/** Subscribers that hear of every act, and look for themselves: enough where each is concerned by each. */
export const everyBatch: Library = {
  counter(subscribers, told) {
    const store = office();
    for (let i = 0; i < subscribers; i++) {
      store.subscribe((now, was) => {
        if (now.count !== was.count) told();
      });
    }
    return counting(store, counted);
  },
};

/** The same rows in a plain object, which every change copies: what the table is for. */
export const plain: Library = {
  rows(ids, watched, told) {
    const store = shawn<Plain>({ tasks: dictionary(ids) }, { acts: [spentPlainly] });
    for (const id of watched) watch(store, (now) => now.tasks[id], told);
    const rows = (): Row[] => Object.values<Row>(store.envelope.tasks as Dictionary);
    return { act: (id) => store.confirm(spentPlainly(id)), read: () => totalSpent(rows()) };
  },
};

function office(): Shawn<Office> {
  return shawn<Office>({ count: 0, tasks: table() }, { acts: [counted, asked] });
}

function counting(store: Shawn<Office>, first: () => Act): ReturnType<NonNullable<Library["follow"]>> {
  return { act: () => store.confirm(first()), read: () => store.envelope.count };
}

function watch<E>(store: Shawn<E>, select: (envelope: E) => unknown, told: Told): void {
  store.subscribe(select, told);
}
