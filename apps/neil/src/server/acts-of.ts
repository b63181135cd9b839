/**
 * Which acts an ask comes to: the words that people use are looked up in the office as it is now.
 */
import type { Act } from "@good-place/shawn";
import type * as z from "zod/mini";
import type { AskName, asks } from "../asks.js";
import { decideAway } from "../domain/acts/away.js";
import {
  addInterval,
  editInterval,
  importIntervals,
  joinIntervals,
  removeIntervals,
  splitInterval,
} from "../domain/acts/intervals.js";
import { cancelInvoice, draftInvoice, payInvoice, removeInvoice } from "../domain/acts/invoices.js";
import { addName, editName, mergeNames, removeName } from "../domain/acts/names.js";
import { retraces } from "../domain/acts/steps.js";
import { startTask, stopTask, switchTask } from "../domain/acts/timer.js";
import { handleParts } from "../domain/handle.js";
import type { Interval, Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { clientId, drafted, issued, refuseDay, seenInvoice, termsSet } from "./invoices.js";
import { interval, named, seenInterval, taskHandle } from "./resolve.js";

type Input<Name extends AskName> = z.output<(typeof asks)[Name]>;

export const actsOf: { readonly [Name in AskName]: (office: Office, input: Input<Name>) => readonly Act[] } = {
  "task/start": (office, input) => [startTask(begun(office, input))],
  "task/stop": (office, { command, note, done, at, interval = running(office) }) => [
    stopTask({ command, interval, note, done, ...(at !== undefined && { at }) }),
  ],
  "task/switch": (office, { stop, ...input }) => [
    switchTask({ ...begun(office, input), stops: { ...stop, interval: stop.interval ?? running(office) } }),
  ],
  "interval/add"(office, { command, handle, create, start, end, note, tags, zone, clash = "refuse" }) {
    const task = taskHandle(office, handle, create);
    return [addInterval({ command, interval: command, handle: task, start, end, note, tags, zone, clash })];
  },
  "interval/edit"(office, { dryRun: _, interval: ref, handle, addTags, dropTags, shiftMs, ...rest }) {
    const seen = seenInterval(office, ref);
    const before = office.intervals.at(seen.id);
    const task = handle === undefined ? {} : { handle: taskHandle(office, handle, false) };
    return [
      editInterval({
        ...rest,
        ...task,
        ...tagged(before, addTags, dropTags),
        ...shifted(before, shiftMs),
        interval: seen,
      }),
    ];
  },
  "interval/split": (office, { command, interval, at }) => [
    splitInterval({ command, interval: seenInterval(office, interval), at }),
  ],
  "interval/join": (office, { command, intervals }) => [
    joinIntervals({ command, intervals: intervals.map((each) => seenInterval(office, each)) }),
  ],
  "interval/remove": (office, { command, intervals }) => [
    removeIntervals({ command, intervals: intervals.map((each) => seenInterval(office, each)) }),
  ],
  // An import that brings nothing is no act: it would only make the journal longer.
  "interval/import": (office, { dryRun: _, ...input }) =>
    input.intervals.every(({ id }) => office.intervals.has(id)) ? [] : [importIntervals(input)],
  "name/add": (_office, { command, handle, fields }) => [
    addName({ command, handle: [...handleParts(handle)], fields }),
  ],
  "name/edit"(office, { dryRun: _, handle, ...rest }) {
    const { kind, row } = named(office, handle);
    return [editName({ ...rest, kind, id: row.id, rev: row.rev })];
  },
  "name/merge"(office, { command, from, into }) {
    const [one, other] = [named(office, from), named(office, into)];
    if (one.kind !== other.kind) {
      throw new Refused(
        "CONFLICT",
        `${one.handle} is one of the ${one.kind}, ${other.handle} one of the ${other.kind}`,
      );
    }
    const rows = { from: { id: one.row.id, rev: one.row.rev }, into: { id: other.row.id, rev: other.row.rev } };
    return [mergeNames({ command, kind: one.kind, ...rows })];
  },
  "name/remove"(office, { command, handle }) {
    const { kind, row } = named(office, handle);
    return [removeName({ command, kind, id: row.id, rev: row.rev })];
  },
  "away/decide"(office, { command, away, choice, handle }) {
    const task = handle === undefined ? {} : { handle: taskHandle(office, handle, false) };
    return [decideAway({ command, away: undecided(office, away), choice, ...task })];
  },
  "invoice/draft"(office, { command, client, period }) {
    return [draftInvoice(drafted(office, { command, client: clientId(office, client), period }))];
  },
  "invoice/issue": (office, { command, number, day }) => [issued(office, seenInvoice(office, number), command, day)],
  "invoice/cancel"(office, { command, number, day }) {
    const seen = seenInvoice(office, number);
    refuseDay(office, day, office.invoices.at(seen.invoice).issuedOn);
    return [cancelInvoice({ command, ...seen, day })];
  },
  "invoice/pay": (office, { command, number, day }) => [payInvoice({ command, ...seenInvoice(office, number), day })],
  "invoice/remove": (office, { command, number }) => [removeInvoice({ command, ...seenInvoice(office, number) })],
  "terms/set": (office, input) => [termsSet(office, input)],
  "step/undo": (office, { command }) => retraced(office, "back", command),
  "step/redo": (office, { command }) => retraced(office, "forth", command),
};

function begun(office: Office, input: Omit<Input<"task/start">, "dryRun">): Parameters<typeof startTask>[0] {
  const { command, handle, create, note, tags, zone, at, clash } = input;
  return {
    ...{ command, interval: command, handle: taskHandle(office, handle, create), note, tags, zone },
    ...(at !== undefined && { at }),
    ...(clash !== undefined && { clash }),
  };
}

function running(office: Office): string {
  return interval(office, "@").id;
}

function tagged({ tags }: Interval, add: readonly string[] = [], drop: readonly string[] = []): { tags?: string[] } {
  if (add.length + drop.length === 0) return {};
  return { tags: [...new Set([...tags, ...add])].filter((tag) => !drop.includes(tag)) };
}

function shifted({ start, end }: Interval, ms: number | undefined): { start?: number; end?: number | null } {
  return ms === undefined ? {} : { start: start + ms, end: end === null ? null : end + ms };
}

function undecided(office: Office, id: string | undefined): string {
  const open = [...office.away].filter((row) => row.decided === null && row.id.endsWith(id ?? ""));
  if (open.length === 1) return open[0]?.id as string;
  if (open.length === 0) throw new Refused("NOT_FOUND", "there is no absence to decide about");
  throw new Refused(
    "AMBIGUOUS",
    `there are ${open.length} absences to decide about: ${open.map((row) => row.id).join(", ")}`,
  );
}

function retraced(office: Office, way: "back" | "forth", command: string): readonly Act[] {
  const acts = retraces(office, way, command);
  if (acts.length > 0) return acts;
  throw new Refused("NOTHING_LEFT", `there is nothing to ${way === "back" ? "undo" : "do again"}`);
}
