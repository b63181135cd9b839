import { type Mansion, openMansion } from "@good-place/mansion";
import { acts, payload, shawn, type Table, table } from "@good-place/shawn";
import type { Runner } from "../harness.js";
import { CLIENTS, record, type Task, task } from "./records.js";

/** Appends from so many callers at once. */
export function appends(path: string, callers: number): Runner {
  const opened = lazily(() => openMansion({ path }));
  let seq = 0;
  return async (ops, start) => {
    const journal = (await opened()).journal("bench");
    start();
    let left = ops;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await journal.append([record(++seq)]);
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
}

/** Reads back what was appended. */
export function replay(path: string): Runner {
  const filled = lazily(() => openMansion({ path, durability: "memory" }));
  return async (ops, start) => {
    const journal = (await filled()).journal("bench");
    const there = journal.position?.seq ?? 0;
    await journal.append(Array.from({ length: ops - there }, (_, n) => record(there + n + 1)));
    start();
    let count = 0;
    for await (const { payload } of journal.replay(1)) if (payload !== undefined) count++;
    return count;
  };
}

interface Office {
  tasks: Table<Task>;
}

const act = acts<Office>();
const add = act("task/add", payload<Task>()).does({
  update(office, added) {
    office.tasks.set(added);
  },
});

/** Starts a store that has so many acts, from its newest snapshot or from the first act on. */
export function storeStart(path: string, snapshots: boolean): Runner {
  const filled = lazily(() => openMansion({ path, durability: "memory" }));
  return async (ops, start) => {
    const mansion = await filled();
    const options = {
      acts: [add],
      journal: mansion.journal("store"),
      ...(snapshots ? { snapshots: { version: 1 } } : {}),
    };
    const store = shawn<Office>({ tasks: table<Task>() }, options);
    await store.settled();
    for (let n = store.envelope.tasks.size; n < ops; n++) store.confirm(add(task(n)));
    await store.settled();
    await store.dismiss();
    start();
    const again = shawn<Office>({ tasks: table<Task>() }, options);
    await again.settled();
    const { size } = again.envelope.tasks;
    return () => {
      void again.dismiss();
      return size;
    };
  };
}

/** Pages of the newest of a client, and of a time, in a buffet of a million. */
export function pages(path: string, documents: number, by: "client" | "time"): Runner {
  const filled = lazily(async () => {
    const mansion = await openMansion({ path, durability: "memory" });
    const buffet = mansion.buffet<Task, "client" | "started">("tasks", { index: ["client", "started"] });
    await fill(mansion, documents);
    return buffet;
  });
  return async (ops, start) => {
    const buffet = await filled();
    start();
    let found = 0;
    for (let op = 0; op < ops; op++) {
      const where =
        by === "client"
          ? { client: `client ${(op * 31) % CLIENTS}` }
          : { started: { gte: 1_700_000_000 + ((op * 7919) % (documents - 100)) } };
      found += buffet.page({ where, order: "started", descending: by === "client", limit: 20 }).documents.length;
    }
    return found;
  };
}

async function fill(mansion: Mansion, documents: number): Promise<void> {
  const buffet = mansion.buffet<Task, "client" | "started">("tasks", { index: ["client", "started"] });
  for (let n = buffet.count(); n < documents; n += 20_000) {
    await buffet.write((tx) => {
      for (let each = n; each < Math.min(documents, n + 20_000); each++) tx.put(task(each));
    });
  }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
