/**
 * What Neil keeps: clients have projects, projects have tasks, tasks have intervals of work. Times are epoch
 * milliseconds, intervals are half-open [start, end), and at most one of them runs.
 */
import { type Table, table } from "@good-place/shawn";

export interface Client {
  readonly id: string;
  /** The first part of a handle. */
  abbrev: string;
  readonly createdAt: number;
}

export interface Project {
  readonly id: string;
  readonly client: string;
  name: string;
  readonly createdAt: number;
}

export interface Task {
  readonly id: string;
  readonly project: string;
  name: string;
  state: "active" | "completed";
  readonly createdAt: number;
}

export interface Interval {
  readonly id: string;
  readonly task: string;
  start: number;
  /** Null while it runs. */
  end: number | null;
  /** The IANA time zone in which it was entered. */
  readonly zone: string;
  note: string;
  readonly tags: readonly string[];
}

export interface Office {
  clients: Table<Client>;
  projects: Table<Project>;
  tasks: Table<Task>;
  intervals: Table<Interval>;
  /** The interval that runs. */
  running: string | null;
  /** When the latest interval ended: work that started before would overlap it. 0 while none has. */
  lastEnd: number;
}

/** An office in which nothing has happened yet. */
export function emptyOffice(): Office {
  return { clients: table(), projects: table(), tasks: table(), intervals: table(), running: null, lastEnd: 0 };
}

/** How an office travels as JSON: its tables as arrays of rows. */
export interface OfficeSnapshot {
  readonly clients: readonly Client[];
  readonly projects: readonly Project[];
  readonly tasks: readonly Task[];
  readonly intervals: readonly Interval[];
  readonly running: string | null;
  readonly lastEnd: number;
}

/** The office that a snapshot was taken of. */
export function revived(snapshot: OfficeSnapshot): Office {
  return {
    clients: table({ rows: snapshot.clients }),
    projects: table({ rows: snapshot.projects }),
    tasks: table({ rows: snapshot.tasks }),
    intervals: table({ rows: snapshot.intervals }),
    running: snapshot.running,
    lastEnd: snapshot.lastEnd,
  };
}
