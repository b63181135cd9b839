/**
 * What an import would do: which intervals are new, which are there already, and which a person has to look at. Nothing is
 * written here. Of intervals that overlap, as many are taken as can stand side by side: those that end first.
 */
import { createHash } from "node:crypto";
import { plainLine } from "../domain/plain-line.js";
import type { Entry } from "../report/entry.js";
import type { Draft, Reading } from "./read.js";

export interface Found {
  readonly where: string;
  /** As the server takes it. */
  readonly draft: Draft & { readonly id: string };
}

/** What a person has to look at, and why. */
export interface Doubt extends Found {
  readonly why: string;
}

export interface Fault {
  readonly where: string;
  readonly wrong: string;
}

export interface Plan {
  /** By their end. */
  readonly fresh: readonly Finished[];
  /** How many the server has, or the file has had already. */
  readonly known: number;
  /** How many have no length: there is nothing to count. */
  readonly empty: number;
  readonly review: readonly Doubt[];
  readonly faults: readonly Fault[];
}

export interface Finished extends Found {
  readonly draft: Draft & { readonly id: string; readonly end: number };
}

export interface Known {
  readonly format: string;
  /** What the server has over the time of the file, by start. */
  readonly there: readonly Entry[];
  readonly now: number;
  /** What is longer was forgotten, or is wrong. */
  readonly longestMs: number;
}

export function planned(readings: Iterable<Reading>, known: Known): Plan {
  const faults: Fault[] = [];
  const review: Doubt[] = [];
  const candidates: Finished[] = [];
  const seen = new Map(known.there.map((entry) => [sameness(entry, handleOf(entry)), entry.id]));
  const ids = new Map<string, string>(known.there.map(({ id }) => [id, "what the server has"]));
  let [twins, empty] = [0, 0];
  for (const reading of readings) {
    if ("wrong" in reading) {
      faults.push(reading);
      continue;
    }
    const found = { where: reading.where, draft: tidied(reading.draft, known.format) };
    const { draft } = found;
    const wrong = faultOf(draft);
    const key = sameness(draft, draft.handle);
    if (wrong !== undefined) faults.push({ where: found.where, wrong });
    else if (draft.end === draft.start) empty += 1;
    else if (seen.has(key) || ids.get(draft.id) === "what the server has") twins += 1;
    else if (ids.has(draft.id))
      faults.push({ where: found.where, wrong: `it has the same id as ${ids.get(draft.id)}` });
    else {
      seen.set(key, draft.id);
      ids.set(draft.id, found.where);
      const why = doubtOf(draft, known);
      if (why !== undefined) review.push({ ...found, why });
      else if (isFinished(found)) candidates.push(found);
    }
  }
  const { fresh, clashes } = sideBySide(candidates, known.there);
  return { fresh, known: twins, empty, review: [...review, ...clashes], faults };
}

/** The time that readings cover, [from, to); undefined where they cover none. */
export function span(readings: readonly Reading[]): { readonly from: number; readonly to: number } | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const reading of readings) {
    if ("wrong" in reading) continue;
    from = Math.min(from, reading.draft.start);
    to = Math.max(to, reading.draft.start, reading.draft.end ?? 0);
  }
  return from < to ? { from, to } : undefined;
}

function isFinished(found: Found): found is Finished {
  return found.draft.end !== null;
}

function faultOf({ start, end, note, tags }: Draft): string | undefined {
  if (end !== null && end < start) return `it ends at ${iso(end)}, before its start at ${iso(start)}`;
  if (start < 0) return "it starts before 1970";
  if (note.length > 2000) return `its note has ${note.length} characters, more than 2000`;
  if (tags.length > 64) return `it has ${tags.length} tags, more than 64`;
  const long = tags.find((tag) => tag.length > 64);
  return long === undefined ? undefined : `its tag "${long.slice(0, 20)}..." has more than 64 characters`;
}

function doubtOf({ start, end }: Draft, { now, longestMs }: Known): string | undefined {
  if (end === null) return "it still runs there: stop it, and import again";
  if (end > now) return `it ends in the future, at ${iso(end)}`;
  const hours = (ms: number): string =>
    `${Math.floor(ms / 3_600_000)}h${String(Math.floor(ms / 60_000) % 60).padStart(2, "0")}`;
  return end - start > longestMs ? `it is ${hours(end - start)} long, more than ${hours(longestMs)}` : undefined;
}

function sideBySide(
  candidates: readonly Finished[],
  there: readonly Entry[],
): { readonly fresh: Finished[]; readonly clashes: Doubt[] } {
  const fresh: Finished[] = [];
  const clashes: Doubt[] = [];
  for (const found of candidates.toSorted((a, b) => a.draft.end - b.draft.end || b.draft.start - a.draft.start)) {
    const { start, end } = found.draft;
    const before = fresh.at(-1);
    const other = there[firstEndingAfter(there, start)];
    if (before !== undefined && before.draft.end > start) {
      clashes.push({ ...found, why: `it overlaps ${before.where}` });
    } else if (other !== undefined && other.start < end) {
      const billed = other.invoice === undefined ? "" : `, on ${other.invoice}`;
      clashes.push({
        ...found,
        why: `it overlaps what is there: ${handleOf(other)} from ${iso(other.start)}${billed}`,
      });
    } else fresh.push(found);
  }
  return { fresh, clashes };
}

// The server's intervals never overlap: what is sorted by start is sorted by end too.
function firstEndingAfter(there: readonly Entry[], at: number): number {
  let [low, high] = [0, there.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((there[middle]?.end ?? Number.POSITIVE_INFINITY) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Controls would steer a terminal, and a line break end the line of a file.
function tidied(draft: Draft, format: string): Found["draft"] {
  const plain = (text: string): string =>
    plainLine(text.replace(/\p{Cs}/gu, "\ufffd"))
      .replace(/\s+/gu, " ")
      .trim();
  const tags = [...new Set(draft.tags.map(plain))].filter((tag) => tag !== "");
  return { ...draft, note: plain(draft.note), tags, id: idOf(draft, format) };
}

// Neil's own ids stay what they are; whatever has no id has one by what it says.
function idOf(draft: Draft, format: string): string {
  if (draft.id !== undefined) return format === "json" ? draft.id : `${format}:${draft.id}`;
  const hash = createHash("sha256").update(sameness(draft, draft.handle)).digest("base64url");
  return `${format}:${hash.slice(0, 22)}`;
}

// What makes two intervals one, wherever they come from.
function sameness({ start, end }: { readonly start: number; readonly end: number | null }, handle: string): string {
  return `${start} ${end} ${handle}`;
}

function handleOf({ client, project, task }: Entry): string {
  return `${client}/${project}/${task}`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
