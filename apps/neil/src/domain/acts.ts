/**
 * The acts of Neil. Their updates are the judge of every rule, wherever an act comes from: the same definitions run in
 * the server, which confirms acts, and in the page, which takes over what the server has confirmed.
 */
import { acts, type Meta } from "@good-place/shawn";
import * as z from "zod/mini";
import { find, HANDLE_PART, type Handle, handleOf, handleText } from "./handle.js";
import type { Interval, Office } from "./office.js";
import { Refused } from "./refused.js";

// The small build of zod brings no words with it, and an error without any helps nobody.
z.config(z.locales.en());

const act = acts<Office>();

// One line of well-formed text: it is shown in terminals, which controls would steer.
const text = (longest: number) =>
  z.string().check(z.maxLength(longest), z.regex(/^[^\p{Cc}\p{Cs}]*$/u, "expected one line of text without controls"));
const id = z.string().check(z.minLength(1), z.maxLength(200));
const part = z.string().check(z.regex(HANDLE_PART));
const time = z.int().check(z.gte(0), z.lte(8.64e15));
const tags = z.array(text(64).check(z.minLength(1))).check(z.maxLength(64));

export const HandleSchema = z.strictObject({ client: part, project: part, task: part });

export const StartTask = z.strictObject({
  /** The new interval's id, made by the client: confirming the same start twice is one start. */
  interval: id,
  handle: HandleSchema,
  note: text(2000),
  tags,
  zone: text(64),
});

export const StopTask = z.strictObject({
  /** The interval that is meant: by now another may run. */
  interval: id,
  note: text(2000),
  /** Completes the task too. */
  done: z.boolean(),
});

/** The most intervals of one import act. */
export const IMPORT_MOST = 500;

export const ImportIntervals = z.strictObject({
  zone: text(64),
  intervals: z
    .array(z.strictObject({ id, handle: HandleSchema, start: time, end: time, note: text(2000), tags }))
    .check(z.maxLength(IMPORT_MOST)),
});

export const startTask = act("task/start", StartTask).does({
  update(office, { interval, handle, note, tags, zone }, meta) {
    if (office.intervals.has(interval)) return;
    const running = office.running === null ? undefined : office.intervals.at(office.running);
    if (running !== undefined) {
      throw new Refused("RUNNING", `${handleText(handleOf(office, running.task))} is running already`);
    }
    if (office.lastEnd > meta.at) {
      throw new Refused("OVERLAP", `an interval ends at ${iso(office.lastEnd)}, after this start at ${iso(meta.at)}`);
    }
    const task = office.tasks.at(ensureTask(office, handle, meta, meta.id));
    if (task.state === "completed") {
      throw new Refused("TASK_COMPLETED", `${handleText(handle)} is completed`);
    }
    office.intervals.add({ id: interval, task: task.id, start: meta.at, end: null, zone, note, tags });
    office.running = interval;
  },
});

export const stopTask = act("task/stop", StopTask).does({
  update(office, { interval: meant, note, done }, meta) {
    if (office.running === null) throw new Refused("IDLE", "nothing is running");
    const interval = office.intervals.at(office.running);
    if (interval.id !== meant) {
      const handle = handleText(handleOf(office, interval.task));
      throw new Refused("ANOTHER_RUNS", `${handle} runs by now, which is not the work that was to be stopped`);
    }
    // A clock that was set back must not make time run backwards.
    interval.end = Math.max(interval.start, meta.at);
    office.lastEnd = Math.max(office.lastEnd, interval.end);
    if (note !== "") interval.note = interval.note === "" ? note : `${interval.note}; ${note}`;
    if (done) office.tasks.at(interval.task).state = "completed";
    office.running = null;
  },
});

export const importIntervals = act("interval/import", ImportIntervals).does({
  update(office, { intervals, zone }, meta) {
    const fresh = intervals.filter((interval) => !office.intervals.has(interval.id));
    if (fresh.length === 0) return;
    for (const { id, start, end } of fresh) {
      if (end < start)
        throw new Refused("BAD_INTERVAL", `interval ${id} ends at ${iso(end)}, before its start at ${iso(start)}`);
      if (end > meta.at)
        throw new Refused("BAD_INTERVAL", `interval ${id} ends at ${iso(end)}, which is in the future`);
    }
    refuseClashes([...[...office.intervals].map(plain), ...fresh]);
    fresh.forEach(({ id, handle, start, end, note, tags }, index) => {
      const task = ensureTask(office, handle, meta, `${meta.id}.${index}`);
      office.intervals.add({ id, task, start, end, zone, note, tags });
      office.lastEnd = Math.max(office.lastEnd, end);
    });
  },
});

/** Every act that Neil's store can confirm. */
export const neilActs = [startTask, stopTask, importIntervals];

// The task's id; it and what is above it are made where they are missing, with ids drawn from the act.
function ensureTask(office: Office, handle: Handle, meta: Meta, seed: string): string {
  const found = find(office, handle);
  if (found.task !== undefined) return found.task.id;
  const createdAt = meta.at;
  const client = found.client?.id ?? `${seed}.client`;
  if (found.client === undefined) office.clients.add({ id: client, abbrev: handle.client, createdAt });
  const project = found.project?.id ?? `${seed}.project`;
  if (found.project === undefined) office.projects.add({ id: project, client, name: handle.project, createdAt });
  const task = `${seed}.task`;
  office.tasks.add({ id: task, project, name: handle.task, state: "active", createdAt });
  return task;
}

export interface Span {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

function plain({ id, start, end }: Interval): Span {
  return { id, start, end: end ?? Number.POSITIVE_INFINITY };
}

/** One timeline per person: ids are unique, and each interval ends before the next begins. Empty ones are in nobody's way. */
export function refuseClashes(spans: readonly Span[]): void {
  const ids = new Set<string>();
  for (const { id } of spans) {
    if (ids.has(id)) throw new Refused("BAD_INTERVAL", `interval ${id} is there twice`);
    ids.add(id);
  }
  const sorted = spans.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1] as Span;
    const next = sorted[i] as Span;
    if (before.end <= next.start) continue;
    throw new Refused(
      "OVERLAP",
      `interval ${next.id} starts at ${iso(next.start)}, before interval ${before.id} has ended`,
    );
  }
}

function iso(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : "no time yet";
}
