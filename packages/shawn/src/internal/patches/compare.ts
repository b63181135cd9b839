/**
 * Compares two values and gives the patches between them. What both share is passed over by one comparison.
 */
import { misuse } from "@good-place/channel/misuse";
import type { Patch, PatchPath } from "../../patches.js";
import type { Key } from "../../table.js";
import { isPlain } from "../drafts/frozen.js";
import { shallow } from "../drafts/session.js";
import { type Differences, differences } from "../rows/differences.js";
import { Rows } from "../rows/rows.js";
import { rising } from "./rising.js";

type Node = Record<PropertyKey, unknown>;
type Table = Rows<object>;

/** The patches that make the container `after` of the container `before`. Throws BAD_ENVELOPE where no patch can. */
export function compared(before: object, after: object): Patch[] {
  const kind = kindOf(before);
  if (kind === null || kind !== kindOf(after)) {
    throw misuse(
      "type",
      "BAD_ENVELOPE",
      "patches() compares two envelopes of one kind, got two that no patch leads between",
    );
  }
  const out: Patch[] = [];
  value(before, after, [], out);
  return out;
}

/** Are there no patches between them? */
export function alike(before: unknown, after: unknown): boolean {
  const out: Patch[] = [];
  value(before, after, [], out);
  return out.length === 0;
}

// What can be led from one to the other: tables only where they are kept by the same field.
function kindOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Rows) return `table by ${value.key}`;
  if (value instanceof Map) return Map;
  if (value instanceof Set) return Set;
  if (Array.isArray(value)) return Array;
  // Whether it has a prototype is nothing that a journal keeps.
  return isPlain(value) ? Object : null;
}

function value(before: unknown, after: unknown, path: PatchPath, out: Patch[]): void {
  if (Object.is(before, after)) return;
  const kind = kindOf(before);
  if (kind === null || kind !== kindOf(after)) return put(after, path, out);
  if (after instanceof Rows) rows(before as Table, after, path, out);
  else if (after instanceof Map) map(before as Map<unknown, unknown>, after, path, out);
  else if (after instanceof Set) set(before as Set<unknown>, after, path, out);
  else if (Array.isArray(after)) array(before as unknown[], after, path, out);
  else fields(before as Node, after as Node, path, out);
}

function fields(before: Node, after: Node, path: PatchPath, out: Patch[]): void {
  for (const key of Reflect.ownKeys(before))
    if (!Object.hasOwn(after, key)) out.push({ op: "take", path: [...path, key] });
  for (const key of Reflect.ownKeys(after)) {
    if (!Object.hasOwn(before, key)) put(after[key], [...path, key], out);
    else if (!Object.is(before[key], after[key])) value(before[key], after[key], [...path, key], out);
  }
}

function map(
  before: ReadonlyMap<unknown, unknown>,
  after: ReadonlyMap<unknown, unknown>,
  path: PatchPath,
  out: Patch[],
): void {
  for (const key of before.keys()) if (!after.has(key)) out.push({ op: "take", path: [...path, key] });
  for (const [key, is] of after) {
    const was = before.get(key);
    if (was === undefined && !before.has(key)) put(is, [...path, key], out);
    else if (!Object.is(was, is)) value(was, is, [...path, key], out);
  }
}

function set(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>, path: PatchPath, out: Patch[]): void {
  for (const item of before) if (!after.has(item)) out.push({ op: "take", path: [...path, item] });
  for (const item of after) if (!before.has(item)) out.push({ op: "put", path: [...path, item] });
}

// Of one length: item by item. Of two: all between what is the same at the start and at the end is replaced.
function array(before: readonly unknown[], after: readonly unknown[], path: PatchPath, out: Patch[]): void {
  const same = (at: number, to: number): boolean => Object.is(before[at], after[to]) && at in before === to in after;
  if (before.length === after.length) {
    for (let at = 0; at < after.length; at++) {
      if (same(at, at)) continue;
      if (!(at in after)) out.push({ op: "take", path: [...path, at] });
      else if (!(at in before)) put(after[at], [...path, at], out);
      else value(before[at], after[at], [...path, at], out);
    }
    return;
  }
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && same(start, start)) start++;
  let end = 0;
  while (end < shorter - start && same(before.length - 1 - end, after.length - 1 - end)) end++;
  const made: [unknown, PatchPath][] = [];
  const values = after.slice(start, after.length - end).map((item, at) => plain(item, [...path, start + at], made));
  out.push({ op: "splice", path, at: start, count: before.length - start - end, values });
  for (const at of values.keys()) if (!(at in values)) out.push({ op: "take", path: [...path, start + at] });
  fill(made, out);
}

function rows(before: Table, after: Table, path: PatchPath, out: Patch[]): void {
  const found = differences(before, after);
  const moved = found.displaced ? movedRows(before, after) : new Set<Key>();
  for (const [id, { was, is }] of found.rows) {
    if (was !== undefined && is !== undefined && !moved.has(id)) value(was, is, [...path, id], out);
  }
  for (const [id, { is }] of found.rows) if (is === undefined) out.push({ op: "take", path: [...path, id] });
  for (const id of moved) out.push({ op: "take", path: [...path, id] });
  // From the last to the first, so that each row knows the first after it that stays where it is.
  const added = addedKeys(after, found, moved);
  const isAdded = new Set(added);
  const next = new Map<Key, Key | undefined>();
  for (const id of [...added].reverse()) {
    const following = after.keyAfter(id);
    next.set(id, following !== undefined && isAdded.has(following) ? next.get(following) : following);
  }
  for (const id of added) put(after.at(id), [...path, id], out, next.get(id));
}

// In the order of the table.
function addedKeys(after: Table, { rows }: Differences<object>, moved: ReadonlySet<Key>): Key[] {
  if (moved.size === 0) return [...rows].filter(([, { was }]) => was === undefined).map(([id]) => id);
  const ids = [...after].map((row) => after.keyOf(row));
  return ids.filter((id) => moved.has(id) || (rows.has(id) && rows.get(id)?.was === undefined));
}

// The fewest rows that have to leave their place so that the others are in their order.
function movedRows(before: Table, after: Table): Set<Key> {
  const places = new Map<Key, number>();
  for (const row of before) places.set(before.keyOf(row), places.size);
  const both = [...after].map((row) => after.keyOf(row)).filter((id) => places.has(id));
  const staying = rising(both.map((id) => places.get(id) as number));
  return new Set(both.filter((_, at) => !staying.has(at)));
}

function put(is: unknown, path: PatchPath, out: Patch[], before?: Key): void {
  if (special(is)) return fill([[is, path]], out);
  const made: [unknown, PatchPath][] = [];
  const patch = { op: "put", path, value: plain(is, path, made) } as const;
  out.push(before === undefined ? patch : { ...patch, before });
  fill(made, out);
}

function fill(made: readonly [unknown, PatchPath][], out: Patch[]): void {
  for (const [is, path] of made) {
    const what = is instanceof Rows ? { table: is.key } : is instanceof Map ? "map" : "set";
    out.push({ op: "make", path, what });
    if (is instanceof Rows) rows(Rows.empty(is.key), is, path, out);
    else if (is instanceof Map) map(new Map(), is, path, out);
    else set(new Set(), is as Set<unknown>, path, out);
  }
}

function special(is: unknown): boolean {
  return is instanceof Rows || is instanceof Map || is instanceof Set;
}

// The value itself, or where maps, sets or tables are in it a copy without them; they go to `made`.
function plain(is: unknown, path: PatchPath, made: [unknown, PatchPath][]): unknown {
  if (typeof is !== "object" || is === null) return is;
  if (special(is)) {
    made.push([is, path]);
    return null;
  }
  if (!isPlain(is)) return is;
  let copy: Node | null = null;
  for (const key of Reflect.ownKeys(is)) {
    const inner = (is as Node)[key];
    if (typeof inner !== "object" || inner === null) continue;
    const after = plain(inner, [...path, Array.isArray(is) ? Number(key) : key], made);
    if (after === inner) continue;
    copy ??= shallow(is) as Node;
    copy[key] = after;
  }
  return copy ?? is;
}
