/**
 * Who this process is, and whether another one still lives: what a lock file says and how it is judged.
 * A pid alone is not enough, because pids are given out again. On Linux a process is its pid plus its start time, on
 * one boot of one machine, seen from one pid namespace; elsewhere it is its pid.
 */

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Holder } from "./errors.js";

/** The content of a lock file. */
export interface LockEntry extends Holder {
  /** Unique to one acquisition, never used again. */
  readonly token: string;
  /** Start time of the process in clock ticks after boot; empty where that cannot be known. */
  readonly start: string;
  readonly boot: string;
  readonly space: string;
}

/** A new entry for this process. */
export function self(): LockEntry {
  return {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    since: Date.now(),
    start: startOf(process.pid) ?? "",
    ...machine(),
  };
}

/**
 * False only where it is certain that the process is gone. What cannot be judged from here, a process of another host
 * or another container, counts as living: two writers would cost more than a lock that is removed by hand.
 */
export function isAlive(entry: LockEntry): boolean {
  const { boot, space } = machine();
  if (entry.host !== hostname()) return true;
  if (entry.boot !== boot) return false;
  if (entry.space !== space) return true;
  if (entry.start !== "") return startOf(entry.pid) === entry.start;
  try {
    process.kill(entry.pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function machine(): { boot: string; space: string } {
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  return { boot: boot ?? "", space: attempt(() => readlinkSync("/proc/self/ns/pid")) ?? "" };
}

// Field 22 of /proc/PID/stat, counted after the name, which may hold spaces and brackets. A process that has ended but
// was not yet waited for (state Z or X) runs no code any more: it counts as gone.
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
