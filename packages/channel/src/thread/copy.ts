/**
 * Copies: what is given to a thread channel is cloned when it is given, so that what cannot be cloned fails before
 * anything is committed, and what the giver changes later is not seen. A thread channel inside a value stays itself in the
 * copy, and becomes a handle with a port of its own when the copy is sent to another thread.
 * Long, for copying, packing and unpacking share what they know of a copy and of its containers.
 * Cost: a structured clone. Only a value that it refuses is looked through for channels and fibers.
 */
import { isChannel } from "../channel-face.js";
import { LazyValue, made } from "../clause.js";
import { describe } from "../errors.js";
import { FiberOp } from "../fiber.js";
import { packError, ThreadError, unpackError } from "./error.js";

/** What the end of a thread channel in another thread is made of. */
export interface Handle {
  readonly id: string;
  readonly port: MessagePort;
  readonly name: string | undefined;
  readonly rule: "fixed" | "sliding" | "dropping" | "unbounded";
  readonly capacity: number;
  readonly closed: boolean;
}

/** An end of a thread channel, in the thread where it lives or in another. */
export interface Traveller {
  /** Makes what another thread needs for an end of its own. */
  handle(): Handle;
}

// Every end there is in this thread: a lookup that no proxy or getter of a value can notice.
const travellers = new WeakSet<object>();

/** Lets an end cross as a handle wherever a value holds it. It needs a property that no clone takes. */
export function travels(end: Traveller): void {
  travellers.add(end);
}

/** What goes through a port: values, the handles that stand in them for channels, and what was moved with which value. */
export interface Message {
  readonly batch: unknown[];
  readonly handles?: readonly Handle[];
  readonly moved?: readonly (readonly [index: number, list: Transferable[]])[];
}

// What a copy holds that a clone cannot carry as it is. Only objects that this module has made are keys, and the ends.
interface Cargo {
  readonly channels: boolean;
  readonly moved: Transferable[];
}
const cargo = new WeakMap<object, Cargo>();

/** Copies a value for another thread and moves what is in the transfer list. Throws UNCLONEABLE, and then moved nothing. */
export function copy(value: unknown, transfer: readonly object[] = []): unknown {
  if (value instanceof LazyValue) return new LazyValue(() => copy(made(value), transfer));
  if (isPlain(value) || isTraveller(value)) return value;
  const list = [...transfer] as Transferable[];
  try {
    if (list.length === 0) return structuredClone(value);
    const moving = structuredClone({ value, list }, { transfer: list });
    if (isObject(moving.value)) cargo.set(moving.value, { channels: false, moved: moving.list });
    return moving.value;
  } catch (error) {
    return copyWithChannels(value, list, error);
  }
}

function copyWithChannels(value: unknown, list: Transferable[], refusal: unknown): unknown {
  const stubs: object[] = [];
  const channels: object[] = [];
  try {
    const stubbed = replace(value, (part) => {
      if (part instanceof FiberOp) return { id: part.id, name: part.name, path: part.path };
      if (!isTraveller(part)) return undefined;
      const known = channels.indexOf(part);
      if (known >= 0) return stubs[known];
      channels.push(part);
      const stub = {};
      stubs.push(stub);
      return stub;
    });
    const moving = structuredClone({ value: stubbed, list, stubs }, { transfer: list });
    const back = new Map(moving.stubs.map((stub, index) => [stub, channels[index] as object]));
    const result = replace(moving.value, (part) => back.get(part)) as object;
    cargo.set(result, { channels: channels.length > 0, moved: moving.list });
    return result;
  } catch {
    throw new ThreadError("UNCLONEABLE", `a value for another thread cannot be cloned: ${culprit(value)}`, {
      cause: refusal,
    });
  }
}

/** A life-cycle signal as it can be sent: what a clone refuses must not keep a fiber's end from being told. */
export function cloneableSignal(signal: unknown): unknown {
  try {
    return copy(signal);
  } catch {
    const fields = Object.entries(signal as object).map(([key, value]) => {
      try {
        return [key, copy(value)];
      } catch {
        return [key, value instanceof Error ? unpackError(packError(value)) : describe(value)];
      }
    });
    return copy(Object.fromEntries(fields));
  }
}

/** True for a value that was copied with a transfer list: it can be sent only once. */
export function isMoved(value: unknown): boolean {
  return isObject(value) && (cargo.get(value)?.moved.length ?? 0) > 0;
}

/** The message for a batch of copies, and what moves with it. */
export function pack(batch: unknown[]): { message: Message; transfer: Transferable[] } {
  const transfer: Transferable[] = [];
  const handles = new Map<object, Handle>();
  const moved: [number, Transferable[]][] = [];
  const handleOf = (part: object): Handle | undefined => {
    if (!isTraveller(part)) return undefined;
    let handle = handles.get(part);
    if (handle === undefined) {
      handle = part.handle();
      handles.set(part, handle);
      transfer.push(handle.port);
    }
    return handle;
  };
  for (let index = 0; index < batch.length; index++) {
    const value = batch[index];
    if (!isObject(value)) continue;
    if (isTraveller(value)) batch[index] = handleOf(value);
    const held = cargo.get(value);
    if (held === undefined) continue;
    if (held.channels) batch[index] = replace(value, handleOf);
    if (held.moved.length > 0) {
      moved.push([index, held.moved]);
      transfer.push(...held.moved);
    }
  }
  if (handles.size === 0 && moved.length === 0) return { message: { batch }, transfer };
  return { message: { batch, handles: [...handles.values()], moved }, transfer };
}

/** The batch of a message that has arrived; `revive` makes an end of a handle. */
export function unpack(message: Message, revive: (handle: Handle) => object): unknown[] {
  const { handles = [], moved = [] } = message;
  let { batch } = message;
  if (handles.length > 0) {
    const ends = new Map<object, object>(handles.map((handle) => [handle, revive(handle)]));
    batch = batch.map((value) => {
      if (!isObject(value)) return value;
      const whole = ends.get(value);
      if (whole !== undefined) return whole;
      const revived = replace(value, (part) => ends.get(part)) as object;
      cargo.set(revived, { channels: true, moved: [] });
      return revived;
    });
  }
  for (const [index, list] of moved) {
    const value = batch[index];
    if (isObject(value)) cargo.set(value, { channels: handles.length > 0, moved: list });
  }
  return batch;
}

// A copy of the plain containers of a value in which `swap` has put others in place of some objects.
function replace(root: unknown, swap: (part: object) => object | undefined): unknown {
  const seen = new Map<object, object>();
  const visit = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    const known = seen.get(value) ?? swap(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) {
      const list: unknown[] = new Array(value.length);
      seen.set(value, list);
      for (const key of Object.keys(value)) list[key as never] = visit(value[key as never]) as never;
      return list;
    }
    if (value instanceof Map) {
      const map = new Map<unknown, unknown>();
      seen.set(value, map);
      for (const [key, held] of value) map.set(visit(key), visit(held));
      return map;
    }
    if (value instanceof Set) {
      const set = new Set<unknown>();
      seen.set(value, set);
      for (const held of value) set.add(visit(held));
      return set;
    }
    if (!isRecord(value)) return value;
    const record: Record<string, unknown> = {};
    seen.set(value, record);
    for (const key of Object.keys(value)) {
      const held = visit((value as Record<string, unknown>)[key]);
      // Not an assignment: a key may be __proto__.
      Object.defineProperty(record, key, { value: held, configurable: true, enumerable: true, writable: true });
    }
    return record;
  };
  return visit(root);
}

// Where the first thing is that cannot be cloned, as far as plain containers lead to it.
function culprit(root: unknown): string {
  const seen = new Set<object>();
  const find = (value: unknown, path: string): string | null => {
    const where = path === "" ? "it" : `what is at ${path}`;
    if (typeof value === "function" || typeof value === "symbol") return `${where} is a ${typeof value}`;
    if (!isObject(value) || isTraveller(value) || seen.has(value)) return null;
    seen.add(value);
    if (isChannel(value)) return `${where} is a channel of one thread; make it with threadChannel()`;
    if (!Array.isArray(value) && !isRecord(value)) {
      return cloneable(value) ? null : `${where} is ${describe(value)}`;
    }
    for (const key of Object.keys(value)) {
      const found = find((value as Record<string, unknown>)[key], `${path}.${key}`);
      if (found !== null) return found;
    }
    return null;
  };
  try {
    return find(root, "") ?? "something in it, or in the transfer list, is of a kind that has to stay in its thread";
  } catch {
    return "reading it throws";
  }
}

function cloneable(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function isPlain(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isTraveller(value: unknown): value is Traveller {
  return isObject(value) && travellers.has(value);
}

// An object literal, of whichever realm.
function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
