/**
 * The acts on intervals that need no timer: add, edit, split, join, remove, import. Who changes an interval says which
 * `rev` of it was seen: two devices cannot overwrite each other unknowingly.
 */
import * as z from "zod/mini";
import { type Change, change, clockText } from "../change.js";
import { handleOf, handleText } from "../handle.js";
import type { Interval, Office } from "../office.js";
import { Refused } from "../refused.js";
import {
  act,
  Clash,
  ensureTask,
  FUTURE_MS,
  id,
  joinedNote,
  makeRoom,
  note,
  portable,
  refuseFuture,
  seen,
  tags,
  time,
} from "./parts.js";

/** The most intervals of one import act. */
export const IMPORT_MOST = 500;

const imports = portable(({ zone, handle }) =>
  z.strictObject({
    command: z.optional(id),
    zone,
    intervals: z
      .array(
        z.strictObject({
          ...{ id, handle, start: time, end: time, note, tags },
          billable: z.optional(z.boolean()),
          /** Where it was entered, if not in the zone of the import. */
          zone: z.optional(zone),
        }),
      )
      .check(z.maxLength(IMPORT_MOST)),
  }),
);
export const ImportIntervals = imports.schema;

const adds = portable(({ zone, handle }) =>
  z.strictObject({
    command: id,
    interval: id,
    handle,
    start: time,
    end: time,
    note,
    tags,
    zone,
    clash: Clash,
  }),
);

/** An interval as it was seen. */
export const Seen = z.strictObject({ id, rev: z.int() });
export type Seen = z.output<typeof Seen>;

const edits = portable(({ handle }) =>
  z.strictObject({
    command: id,
    interval: Seen,
    start: z.optional(time),
    /** Null lets it run again. */
    end: z.optional(z.nullable(time)),
    handle: z.optional(handle),
    note: z.optional(note),
    tags: z.optional(tags),
    billable: z.optional(z.boolean()),
    clash: Clash,
  }),
);

export const SplitInterval = z.strictObject({
  command: id,
  interval: Seen,
  at: z.array(time).check(z.minLength(1), z.maxLength(100)),
});

export const JoinIntervals = z.strictObject({
  command: id,
  intervals: z.array(Seen).check(z.minLength(2), z.maxLength(100)),
});

export const RemoveIntervals = z.strictObject({
  command: id,
  intervals: z.array(Seen).check(z.minLength(1), z.maxLength(100)),
});

export const addInterval = act("interval/add", adds.schema, { kept: adds.kept }).does({
  update(office, { command, interval, handle, start, end, clash, ...rest }, meta) {
    // The same command, come again when its step is long forgotten: what was edited since is not written over.
    if (office.intervals.has(interval)) return;
    change(office, meta, { act: "interval/add", command, about: handleText(handle) }, (it) => {
      refuseFuture(end, meta, rest.zone);
      const task = ensureTask(it, handle, meta.id);
      const row: Interval = { id: interval, rev: 0, task, start, end, ...rest, billable: true, source: "typed" };
      refuseEmpty(row);
      makeRoom(it, row, clash, []);
      it.put("intervals", row);
    });
  },
});

export const editInterval = act("interval/edit", edits.schema, { kept: edits.kept }).does({
  update(office, { command, interval, handle, clash, ...fields }, meta) {
    change(office, meta, { act: "interval/edit", command, about: about(office, interval) }, (it) => {
      const before = seen(it, interval.id, interval.rev);
      const task = handle === undefined ? before.task : ensureTask(it, handle, meta.id);
      const after: Interval = { ...before, ...fields, task };
      for (const at of [after.start, after.end]) refuseFuture(at, meta, after.zone);
      refuseEmpty(after);
      makeRoom(it, after, clash, [before.id]);
      it.put("intervals", after);
    });
  },
});

export const splitInterval = act("interval/split", SplitInterval).does({
  update(office, { command, interval, at }, meta) {
    change(office, meta, { act: "interval/split", command, about: about(office, interval) }, (it) => {
      const whole = seen(it, interval.id, interval.rev);
      const cuts = [...new Set(at)].sort((a, b) => a - b);
      const until = whole.end ?? meta.at + 1;
      for (const cut of cuts) {
        if (cut > whole.start && cut < until) continue;
        throw new Refused("BAD_INTERVAL", `${clockText(cut, whole)} is not within the interval`);
      }
      const starts = [whole.start, ...cuts];
      const pieces = starts.map((start, index) => ({ ...whole, start, end: starts[index + 1] ?? whole.end }));
      // The first keeps the id; it is put first, so that there is never a second that runs.
      for (const [index, piece] of pieces.entries()) {
        it.put("intervals", index === 0 ? piece : { ...piece, id: `${meta.id}.${index}` });
      }
    });
  },
});

export const joinIntervals = act("interval/join", JoinIntervals).does({
  update(office, { command, intervals }, meta) {
    change(office, meta, { act: "interval/join", command, about: about(office, intervals[0] as Seen) }, (it) => {
      refuseTwice(intervals);
      const rows = intervals.map(({ id, rev }) => seen(it, id, rev)).sort((a, b) => a.start - b.start);
      const [first, ...others] = rows as [Interval, ...Interval[]];
      if (others.some(({ task }) => task !== first.task)) {
        throw new Refused("BAD_INTERVAL", "only intervals of one task are joined; move them to it first");
      }
      for (const { id } of others) it.drop("intervals", id);
      it.put("intervals", {
        ...first,
        end: rows[rows.length - 1]?.end ?? null,
        note: joinedNote([...new Set(rows.map(({ note }) => note))]),
        tags: [...new Set(rows.flatMap(({ tags }) => tags))].slice(0, 64),
      });
    });
  },
});

export const removeIntervals = act("interval/remove", RemoveIntervals).does({
  update(office, { command, intervals }, meta) {
    change(office, meta, { act: "interval/remove", command, about: about(office, intervals[0] as Seen) }, (it) => {
      refuseTwice(intervals);
      for (const { id, rev } of intervals) it.drop("intervals", seen(it, id, rev).id);
    });
  },
});

export const importIntervals = act("interval/import", imports.schema, { kept: imports.kept }).does({
  update(office, { command, intervals, zone }, meta) {
    const fresh = intervals.filter((interval) => !office.intervals.has(interval.id));
    if (fresh.length === 0) return;
    refuseClashes(fresh);
    const about = `${fresh.length} intervals`;
    change(office, meta, { act: "interval/import", command, about }, (it) => {
      for (const [index, each] of fresh.entries()) imported(it, each, zone, index);
    });
  },
});

function imported(
  it: Change,
  { handle, ...fields }: z.output<typeof ImportIntervals>["intervals"][number],
  zone: string,
  index: number,
): void {
  const { id, start, end } = fields;
  if (end < start) {
    throw new Refused("BAD_INTERVAL", `interval ${id} ends at ${iso(end)}, before its start at ${iso(start)}`);
  }
  if (end > it.meta.at + FUTURE_MS) {
    throw new Refused("BAD_INTERVAL", `interval ${id} ends at ${iso(end)}, which is in the future`);
  }
  const task = ensureTask(it, handle, `${it.meta.id}.${index}`);
  it.put("intervals", { billable: true, ...fields, rev: 0, task, zone: fields.zone ?? zone, source: "import" });
}

export interface Span {
  readonly id: string;
  readonly start: number;
  readonly end: number;
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

function refuseTwice(intervals: readonly Seen[]): void {
  if (new Set(intervals.map(({ id }) => id)).size === intervals.length) return;
  throw new Refused("BAD_INTERVAL", "the same interval is named twice");
}

function refuseEmpty({ start, end, zone }: Interval): void {
  if (end !== start) return;
  throw new Refused("BAD_INTERVAL", `it would begin and end at ${clockText(start, { zone })}: it has no length`);
}

// For people; the update itself refuses what is not there.
function about(office: Office, { id }: Seen): string {
  const interval = office.intervals.get(id);
  return interval === undefined ? "" : handleText(handleOf(office, interval.task));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
