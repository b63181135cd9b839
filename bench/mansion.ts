/**
 * Mansion: records made durable by one caller and by 64, beside a plain append with one fdatasync each.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import type { Journal, JournalRecord } from "@good-place/shawn";
import type { Case, Runner } from "./harness.js";

export async function cases(): Promise<Case[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-mansion-"));
  const mansion = await openMansion({ path: join(folder, "mansion") });
  const file = openSync(join(folder, "plain"), "a");
  process.once("exit", () => {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  });
  const journal = mansion.journal("bench");
  const last = { seq: 0 };
  const plain = (ops: number): void => {
    for (let i = 0; i < ops; i++) {
      writeSync(file, `${JSON.stringify(record(i))}\n`);
      fdatasyncSync(file);
    }
  };
  return [1, 64].map((callers) => ({
    bench: "mansion",
    case: `append, ${callers} caller${callers === 1 ? "" : "s"}`,
    unit: "op/s",
    ops: callers === 1 ? 200 : 6400,
    ours: appended(journal, callers, last),
    peers: { "append + fdatasync": plain },
  }));
}

function appended(journal: Journal, callers: number, last: { seq: number }): Runner {
  return async (ops) => {
    let left = ops;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await journal.append([record(++last.seq)]);
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
}

function record(seq: number): JournalRecord {
  const meta = { id: `bench-${seq}`, seq, at: 1_700_000_000_000, cause: undefined, by: undefined };
  return {
    seq,
    name: "task/start",
    payload: { id: `task-${seq}`, note: "a note of usual length", tags: ["one"] },
    meta,
  };
}
