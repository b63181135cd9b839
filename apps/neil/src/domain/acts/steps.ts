/**
 * Undo and redo: the inverse of a step as an act. It names the step, in which the rows stand: those of a merge of 40,000
 * intervals would be more than a record holds. It is refused where something that it touches is no longer as the step left it.
 */
import * as z from "zod/mini";
import { Change, content } from "../change.js";
import { type Changed, type Office, type Row, type Step, TABLES } from "../office.js";
import { Refused } from "../refused.js";
import { act, id } from "./parts.js";

const RowSchema = z.nullable(z.custom<Row>((value) => typeof (value as Row | null)?.id === "string"));

export const Retrace = z.strictObject({
  command: id,
  step: id,
  way: z.enum(["back", "forth"]),
  /** As records of before have them; the same stands in the step. */
  changes: z.optional(z.array(z.strictObject({ table: z.enum(TABLES), id, before: RowSchema, after: RowSchema }))),
});

export const retrace = act("step/retrace", Retrace).does({
  update(office, { command, step: id, way, changes }, meta) {
    const it = new Change(office, meta);
    const step = it.view.steps.get(id);
    if (step?.retracedBy === command) return;
    if (step !== undefined && office.undone.includes(id) !== (way === "forth")) {
      throw new Refused("ALREADY", `${step.act} ${step.about} was ${way === "back" ? "undone" : "done again"} already`);
    }
    for (const { table, id, from, to } of directed(changes ?? known(step), way)) {
      if (content(it.view[table].get(id)) !== content(from)) {
        throw new Refused(
          "CONFLICT",
          `${table.slice(0, -1)} ${id} was changed since: nothing was ${way === "back" ? "undone" : "done again"}`,
        );
      }
      if (to === null) it.drop(table, id);
      else it.put(table, to as never);
    }
    it.judge();
    if (step === undefined) return;
    office.undone = way === "back" ? [...office.undone, id] : office.undone.filter((each) => each !== id);
    office.steps.set({ ...step, retracedBy: command });
  },
});

// A step that cannot be done again once another command was given has no changes left.
function known(step: Step | undefined): readonly Changed[] {
  if (step !== undefined && canRetrace(step)) return step.changes;
  throw new Refused("CONFLICT", "this command can no longer be undone or done again: others came after it");
}

function directed(
  changes: readonly Changed[],
  way: "back" | "forth",
): { readonly table: Changed["table"]; readonly id: string; readonly from: Row | null; readonly to: Row | null }[] {
  const forth = changes.map(({ table, id, before, after }) => ({ table, id, from: before, to: after }));
  return way === "forth"
    ? forth
    : forth.map(({ table, id, from, to }) => ({ table, id, from: to, to: from })).reverse();
}

/** The act that takes back or does again the next steps, all that one command has made; undefined where there are none. */
export function retraces(office: Office, way: "back" | "forth", command: string): ReturnType<typeof retrace>[] {
  const steps = [...office.steps].filter(canRetrace);
  const undone = new Set(office.undone);
  const order =
    way === "forth" ? office.undone.map((id) => office.steps.at(id)) : steps.filter(({ id }) => !undone.has(id));
  const [next] = order.slice(-1);
  if (next === undefined) return [];
  const same = order.filter(({ id }) => group(id) === group(next.id)).reverse();
  return same.map(({ id }) => retrace({ command, step: id, way }));
}

/** Undone steps have nothing left to be done again once another command was given. */
export function canRetrace({ changes }: Step): boolean {
  return changes.length > 0;
}

// A command that takes several acts, like a long import, numbers them behind its id.
function group(id: string): string {
  return id.replace(/#\d+$/, "");
}
