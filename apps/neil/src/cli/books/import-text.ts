/**
 * What an import has done, or would do: a diff for people, and the same as JSON.
 */
import type { Fault, Found, Plan } from "../../import/plan.js";
import { timeText } from "../../report/text.js";
import { clockText, type Wall } from "../../report/wall.js";
import { oneLine } from "../print.js";

export interface Shown {
  readonly sum: { readonly added: number; readonly known: number };
  readonly dryRun: boolean;
  readonly wall: Wall;
  /** Where the review list went. */
  readonly review: string | undefined;
}

const MANY = 5;

/** "line 3: ...; line 9: ...; and 4 more" */
export function faultsText(faults: readonly Partial<Fault>[]): string {
  const told = faults.slice(0, MANY).map(({ where, wrong }) => `${where}: ${wrong}`);
  return [...told, ...(faults.length > MANY ? [`and ${faults.length - MANY} more`] : [])].join("; ");
}

/** A dry run shows each interval that it would add; either shows what is to be looked at, and ends with the counts. */
export function planText(plan: Plan, { sum, dryRun, wall, review }: Shown): string {
  const lines = [
    ...(dryRun ? inOrder(plan.fresh).map((found) => `+ ${spanText(found, wall)}`) : []),
    ...plan.review.map((found) => `? ${spanText(found, wall)}\n    ${found.where}: ${found.why}`),
    ...plan.faults.map(({ where, wrong }) => `x ${where}: ${wrong}`),
  ];
  const counts = [
    `${sum.added} ${sum.added === 1 ? "interval" : "intervals"} ${dryRun ? "would be added" : "added"}`,
    `${plan.known + sum.known} known already`,
    ...(plan.empty > 0 ? [`${plan.empty} without length left out`] : []),
    ...(plan.review.length > 0
      ? [`${plan.review.length} to review (not imported${review ? `, kept in ${review}` : ""})`]
      : []),
    ...(plan.faults.length > 0 ? [`${plan.faults.length} wrong`] : []),
  ];
  return [...lines, counts.join(", ")].map(oneLineEach).join("\n");
}

export function planJson(plan: Plan, { sum, dryRun }: Shown): object {
  const told = ({ where, draft: { id, handle, start, end, note, tags } }: Found): object => {
    return { where, id, handle, start: iso(start), end: end === null ? null : iso(end), note, tags };
  };
  return {
    dryRun,
    added: sum.added,
    known: plan.known + sum.known,
    empty: plan.empty,
    ...(dryRun ? { fresh: inOrder(plan.fresh).map(told) } : {}),
    review: plan.review.map((found) => ({ ...told(found), why: found.why })),
    wrong: plan.faults,
  };
}

// "2026-10-05 09:00-10:30  1:30  acme/site/header +css (fix)"
function spanText({ draft: { handle, start, end, note, tags } }: Found, wall: Wall): string {
  const [from, to] = [wall.shows(start), end === null ? undefined : wall.shows(end)];
  const until = to === undefined ? "now" : `${to.date === from.date ? "" : `${to.date} `}${clockText(to.ms, false)}`;
  const length = end === null ? "" : `  ${timeText(end - start)}`;
  const words = [handle, ...tags.map((tag) => `+${tag}`), ...(note === "" ? [] : [`(${note})`])].join(" ");
  return `${from.date} ${clockText(from.ms, false)}-${until}${length}  ${words}`;
}

function inOrder<F extends Found>(found: readonly F[]): F[] {
  return found.toSorted((a, b) => a.draft.start - b.draft.start);
}

function oneLineEach(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
