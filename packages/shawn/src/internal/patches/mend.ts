/**
 * Applies patches to the draft of an envelope. The draft drops everything when one of them does not fit.
 */
import { describe } from "@good-place/channel/misuse";
import { ShawnError } from "../../errors.js";
import type { Patch, PatchPath } from "../../patches.js";
import { type Key, type Table, table } from "../../table.js";
import { isPlain } from "../drafts/frozen.js";
import { draftBehind } from "../drafts/session.js";
import { TableDraft } from "../drafts/table-draft.js";
import { Rows } from "../rows/rows.js";

type Node = Record<PropertyKey, unknown>;

/** What `lookup` gives where nothing is. */
export const ABSENT: unique symbol = Symbol("absent");

export function mend(draft: object, changes: readonly Patch[]): void {
  if (!Array.isArray(changes)) throw misfit([], `patches come in an array, got ${describe(changes)}`);
  for (const change of changes as readonly Patch[]) {
    if (change?.op === "splice") splice(draft, change);
    else if (change.op === "take") take(draft, change.path);
    else if (change.op === "put") put(draft, change.path, change.value, change.before);
    else if (change.op === "make") put(draft, change.path, made(change.what));
    else throw misfit([], `there is no op ${describe((change as Patch).op)}`);
  }
}

/** What stands in an envelope, or in a draft of one, under a path. */
export function lookup(root: unknown, path: PatchPath): unknown {
  let here = root;
  for (const key of path) {
    here = inside(here, key);
    if (here === ABSENT) break;
  }
  return here;
}

function inside(holder: unknown, key: unknown): unknown {
  if (typeof holder !== "object" || holder === null) return ABSENT;
  if (holder instanceof Map) return holder.has(key) ? holder.get(key) : ABSENT;
  if (holder instanceof Set) return holder.has(key) ? key : ABSENT;
  if (isTable(holder)) return holder.get(key as Key) ?? ABSENT;
  return isPlain(holder) && Object.hasOwn(holder, key as PropertyKey) ? (holder as Node)[key as PropertyKey] : ABSENT;
}

function put(root: object, path: PatchPath, value: unknown, before?: Key): void {
  const [holder, key] = holderOf(root, path);
  if (holder instanceof Map) holder.set(key, value);
  else if (holder instanceof Set) holder.add(key);
  else if (holder instanceof TableDraft) putRow(holder, path, value, before);
  else if (Array.isArray(holder)) {
    if (!Number.isInteger(key) || (key as number) < 0 || (key as number) > holder.length) {
      throw misfit(path, `the array has ${holder.length} items`);
    }
    holder[key as number] = value;
  } else if (key === "__proto__") throw misfit(path, "that is no field");
  else holder[key as PropertyKey] = value;
}

function putRow(rows: TableDraft, path: PatchPath, value: unknown, before: Key | undefined): void {
  const id = path[path.length - 1];
  const row = value as Node | null | undefined;
  if (typeof row !== "object" || row === null || row[rows.key] !== id) {
    throw misfit(path, `the row put there has another key, or is none: ${describe(row)}`);
  }
  if (before === undefined) return rows.set(row);
  if (rows.has(id as Key)) throw misfit(path, "there is such a row already");
  if (!rows.has(before)) throw misfit(path, `there is no row ${describe(before)} that it could come before`);
  rows.addBefore(before, row);
}

function take(root: object, path: PatchPath): void {
  const [holder, key] = holderOf(root, path);
  if (inside(holder, key) === ABSENT || (Array.isArray(holder) && !Number.isInteger(key))) {
    throw misfit(path, "nothing is there");
  }
  if (holder instanceof Map || holder instanceof Set) holder.delete(key);
  else if (holder instanceof TableDraft) holder.delete(key as Key);
  else delete (holder as Node)[key as PropertyKey];
}

// Written in portions, for a call takes only so many arguments.
const PORTION = 10_000;

function splice(root: object, { path, at, count, values }: Patch & { readonly op: "splice" }): void {
  const array = lookup(root, path);
  if (!Array.isArray(array)) throw misfit(path, `no array is there, but ${told(array)}`);
  if (!(Number.isInteger(at) && Number.isInteger(count) && at >= 0 && count >= 0 && at + count <= array.length)) {
    throw misfit(path, `the array has ${array.length} items, not ${count} from ${at} on`);
  }
  if (!Array.isArray(values)) throw misfit(path, `a splice has an array of values, got ${describe(values)}`);
  array.splice(at, count, ...values.slice(0, PORTION));
  for (let done = PORTION; done < values.length; done += PORTION) {
    array.splice(at + done, 0, ...values.slice(done, done + PORTION));
  }
}

type Holder = Map<unknown, unknown> | Set<unknown> | TableDraft | unknown[] | Node;

function holderOf(root: object, path: PatchPath): [holder: Holder, key: unknown] {
  if (!Array.isArray(path) || path.length === 0) throw misfit([], "a patch names a place within the envelope");
  const holder = lookup(root, path.slice(0, -1));
  if (typeof holder !== "object" || holder === null || draftBehind(holder) === undefined) {
    throw misfit(path, `what should hold it is ${told(holder)}`);
  }
  return [holder as Holder, path[path.length - 1]];
}

function made(what: unknown): unknown {
  if (what === "map") return new Map();
  if (what === "set") return new Set();
  const key = (what as { readonly table?: unknown } | null | undefined)?.table;
  if (typeof key === "string") return table<Node>({ key });
  throw misfit([], `a map, a set or a table can be made, got ${describe(what)}`);
}

function isTable(value: object): value is Table<Node> {
  return value instanceof TableDraft || value instanceof Rows;
}

function told(value: unknown): string {
  return value === ABSENT ? "nothing" : describe(value);
}

function misfit(path: PatchPath, why: string): ShawnError {
  const where = path.map((key) => (typeof key === "object" && key !== null ? "an entry" : String(key))).join(".");
  return new ShawnError("PATCH_MISFIT", `a patch does not fit at "${where}": ${why}; nothing was changed`);
}
