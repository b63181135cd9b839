/**
 * Stretches in which nobody was there while work ran. The server notices them; nothing is cut before somebody decides,
 * once, what to do with each.
 */
import * as z from "zod/mini";
import { Change, change } from "../change.js";
import { type Handle, handleOf, handleText } from "../handle.js";
import type { Away, Interval } from "../office.js";
import { Refused } from "../refused.js";
import { act, ensureTask, id, makeRoom, portable, time } from "./parts.js";

export const NoticeAway = z.strictObject({ interval: id, from: time, to: time });

const decides = portable(({ handle }) =>
  z.strictObject({
    command: id,
    away: id,
    /**
     * `keep` it as work; `cut`: the interval ends where the stretch begins; `go-on`: the stretch is taken out and the interval
     * goes on behind it; `move`: the stretch becomes work on the task of the handle.
     */
    choice: z.enum(["keep", "cut", "go-on", "move"]),
    handle: z.optional(handle),
  }),
);

/** It is nobody's command, so it is no step: an undo takes back what people did. */
export const noticeAway = act("away/notice", NoticeAway).does({
  update(office, { interval, from, to }, meta) {
    const row = office.intervals.get(interval);
    if (row === undefined || to <= from) return;
    const it = new Change(office, meta);
    const start = Math.max(from, row.start);
    it.put("away", { id: meta.id, rev: 0, interval, from: start, to: Math.max(to, start), decided: null });
  },
});

export const decideAway = act("away/decide", decides.schema, { kept: decides.kept }).does({
  update(office, { command, away, choice, handle }, meta) {
    const about = choice;
    change(office, meta, { act: "away/decide", command, about }, (it) => {
      const row = it.row("away", away);
      if (row.decided !== null) throw new Refused("ALREADY", `it was decided already: ${row.decided}`);
      it.put("away", { ...row, decided: choice });
      if (choice === "keep") return;
      const interval = over(it, row);
      if (choice === "cut" && (interval.end === null || interval.end <= row.to)) {
        it.put("intervals", { ...interval, end: row.from });
        return;
      }
      const task = choice === "move" ? moved(it, handle) : undefined;
      makeRoom(it, { start: row.from, end: row.to }, "trim", []);
      if (task === undefined) return;
      const { zone } = interval;
      const rest = { zone, note: "", tags: [], billable: true, source: "typed" } as const;
      it.put("intervals", { id: `${meta.id}.away`, rev: 0, task, start: row.from, end: row.to, ...rest });
    });
  },
});

// The interval that still lies over the whole stretch.
function over(it: Change, { interval: id, from, to }: Away): Interval {
  const interval = it.office.intervals.get(id);
  const until = interval?.end ?? Number.POSITIVE_INFINITY;
  if (interval !== undefined && interval.start <= from && until >= to) return it.row("intervals", id);
  const what = interval === undefined ? "is gone" : `is now ${handleText(handleOf(it.office, interval.task))}`;
  throw new Refused("CONFLICT", `the interval ${what} and no longer lies over this stretch: keep it, or edit by hand`);
}

function moved(it: Change, handle: Handle | undefined): string {
  if (handle === undefined) throw new Refused("BAD_HANDLE", "say to which task the stretch is moved");
  return ensureTask(it, handle, it.meta.id);
}
