/** What is written and looked for, the same for all. */
import type { JournalRecord } from "@good-place/shawn";

export function record(seq: number): JournalRecord {
  const meta = { id: `bench-${seq}`, seq, at: 1_700_000_000_000, cause: undefined, by: undefined };
  return {
    seq,
    name: "task/start",
    payload: { id: `task-${seq}`, note: "a note of usual length", tags: ["one"] },
    meta,
  };
}

export interface Task {
  readonly id: string;
  readonly client: string;
  readonly started: number;
  readonly note: string;
}

export const CLIENTS = 5000;

/** Task `n` of a million: each client has 200 of them, all over the time. */
export function task(n: number): Task {
  const client = `client ${(n * 7919) % CLIENTS}`;
  return { id: `task-${n}`, client, started: 1_700_000_000 + n, note: "a note of usual length" };
}
