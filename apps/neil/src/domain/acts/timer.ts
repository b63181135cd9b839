/**
 * The acts of the timer: start, switch, stop.
 */
import * as z from "zod/mini";
import { type Change, change } from "../change.js";
import { type Handle, handleOf, handleText } from "../handle.js";
import type { Interval, Office, Task } from "../office.js";
import { Refused } from "../refused.js";
import { act, Clash, ensureTask, id, joinedNote, makeRoom, note, portable, refuseFuture, tags, time } from "./parts.js";

const starts = portable(({ zone, handle }) =>
  z.strictObject({
    /** The new interval's id, made by the client: confirming the same start twice is one start. */
    interval: id,
    handle,
    note,
    tags,
    zone,
    command: z.optional(id),
    /** When the work began, if not now. */
    at: z.optional(time),
    clash: z.optional(Clash),
  }),
);

export const StopTask = z.strictObject({
  /** The interval that is meant: by now another may run. */
  interval: id,
  note,
  /** Completes the task too. */
  done: z.boolean(),
  command: z.optional(id),
  at: z.optional(time),
});

// What is stopped, as for a stop: the interval that is meant, a note for it, and whether its task is completed.
const Stops = z.strictObject({ interval: id, note, done: z.boolean() });
const switches = {
  schema: z.strictObject({ ...starts.schema.shape, stops: Stops }),
  kept: z.strictObject({ ...starts.kept.shape, stops: Stops }),
};

type Start = z.output<typeof starts.schema>;
type Stop = z.output<typeof Stops>;

export const startTask = act("task/start", starts.schema, { kept: starts.kept }).does({
  update(office, input, meta) {
    const { interval, command, handle } = input;
    if (office.intervals.has(interval)) return;
    change(office, meta, { act: "task/start", command, about: handleText(handle) }, (it) => started(it, input));
  },
});

export const stopTask = act("task/stop", StopTask).does({
  update(office, { command, at, ...stops }, meta) {
    if (command !== undefined && office.steps.has(command)) return;
    const { about } = running(office, stops.interval);
    change(office, meta, { act: "task/stop", command, about }, (it) => stopped(it, stops, at));
  },
});

/** Stop and start in the same instant. */
export const switchTask = act("task/switch", switches.schema, { kept: switches.kept }).does({
  update(office, { stops, ...input }, meta) {
    const { interval, command, handle } = input;
    if (office.intervals.has(interval)) return;
    change(office, meta, { act: "task/switch", command, about: handleText(handle) }, (it) => {
      stopped(it, stops, input.at);
      started(it, input);
    });
  },
});

function started(it: Change, { interval, handle, note, tags, zone, at, clash = "refuse" }: Start): void {
  const { office, meta } = it;
  const start = at ?? meta.at;
  refuseFuture(start, meta, zone);
  if (office.running !== null && clash === "refuse") {
    const { about } = running(office, office.running);
    throw new Refused("RUNNING", `${about} is running already`);
  }
  const task = ensureTask(it, handle, meta.id);
  refuseEnded(it, office.tasks.at(task), handle);
  makeRoom(it, { start, end: null }, clash, []);
  it.put("intervals", {
    ...{ id: interval, rev: 0, task, start, end: null, zone, note, tags },
    ...{ billable: true, source: "timer" },
  });
}

function refuseEnded(it: Change, task: Task, handle: Handle): void {
  const project = it.office.projects.at(task.project);
  const client = it.office.clients.at(project.client);
  for (const { state, about } of [
    { state: task.state, about: handleText(handle) },
    { state: project.state, about: `${handle.client}/${handle.project}` },
    { state: client.state, about: handle.client },
  ]) {
    if (state !== "active") throw new Refused("TASK_COMPLETED", `${about} is ${state}`);
  }
}

function stopped(it: Change, { interval: meant, note, done }: Stop, at: number | undefined): void {
  const { office, meta } = it;
  const { row } = running(office, meant);
  const interval = it.row("intervals", row.id);
  refuseFuture(at ?? null, meta, interval.zone);
  // A clock that was set back must not make time run backwards; a time that was said is taken at its word.
  const end = at ?? Math.max(interval.start, meta.at);
  it.put("intervals", { ...interval, end, note: joinedNote([interval.note, note]) });
  if (done) it.put("tasks", { ...it.row("tasks", interval.task), state: "completed" });
}

// What runs, if it is what is meant.
function running(office: Office, meant: string): { readonly row: Interval; readonly about: string } {
  if (office.running === null) throw new Refused("IDLE", "nothing is running");
  const row = office.intervals.at(office.running);
  const about = handleText(handleOf(office, row.task));
  if (row.id === meant) return { row, about };
  throw new Refused("ANOTHER_RUNS", `${about} runs by now, which is not the work that was to be stopped`);
}
