/**
 * Payloads as JSON text, without loss. Plain data is null, booleans, numbers, bigints, strings, undefined, and arrays
 * and plain objects of these; it comes back equal, key by key. What JSON would change in silence is either kept
 * (undefined, NaN, the infinities, -0, bigints: see `encodeSpecial`) or refused with the place where it was found.
 * An object without a prototype comes back as an ordinary one. Cost: one walk over the payload.
 */
import { misuse } from "@good-place/channel/misuse";

/** A payload in text form. `escaped` says that the text has special values in it and must be read with `decodePlain`. */
export interface PlainText {
  readonly value: unknown;
  readonly escaped: boolean;
}

// A special value is written as { "$": name }, so an object that has a "$" of its own is written as { "$": [object] }.
const mark = "$";

/** Makes a value that JSON keeps as it is. Throws JOURNAL_RECORD, naming the place, for what is not plain data. */
export function encodePlain(value: unknown, place: string): PlainText {
  return isJson(value, place, []) ? { value, escaped: false } : { value: escaped(value), escaped: true };
}

/** The inverse of `encodePlain`, for text that was marked as escaped. Throws where it has escapes that are none. */
export function decodePlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(decodePlain);
  const special = (value as Record<string, unknown>)[mark];
  if (Array.isArray(special)) return decodeEntries(Object(special[0]));
  if (typeof special === "string") return decodeSpecial(special);
  return decodeEntries(value);
}

// True when JSON keeps the value as it is, false when it needs escapes; throws for what has no place in a journal.
function isJson(value: unknown, place: string, parents: unknown[]): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "undefined":
    case "bigint":
      return false;
    case "object":
      return value === null || isJsonObject(value, place, parents);
    default:
      throw refused(place, `a ${typeof value}`);
  }
}

function isJsonObject(value: object, place: string, parents: unknown[]): boolean {
  if (parents.includes(value)) throw refused(place, "an object that contains itself");
  if (parents.length >= 500) throw refused(place, "more than 500 levels deep");
  const list = Array.isArray(value);
  if (!list && !isPlainObject(value)) throw refused(place, `an instance of ${value.constructor?.name || "a class"}`);
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(place, "an object with symbol keys");
  const keys = Object.keys(value);
  if (list && keys.length !== value.length) throw refused(place, "an array with holes or names");
  parents.push(value);
  let json = !Object.hasOwn(value, mark);
  for (const key of keys) {
    const inner = (value as Record<string, unknown>)[key];
    if (!isJson(inner, list ? `${place}[${key}]` : `${place}.${key}`, parents)) json = false;
  }
  parents.pop();
  return json;
}

// The second test lets in objects of other realms, whose Object.prototype is not ours.
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function escaped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return encodeSpecial(value);
  if (Array.isArray(value)) return value.map(escaped);
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
  return Object.hasOwn(value, mark) ? { [mark]: [copy] } : copy;
}

function encodeSpecial(value: unknown): unknown {
  if (typeof value === "bigint") return { [mark]: `${value}n` };
  if (Object.is(value, -0)) return { [mark]: "-0" };
  const special = value === undefined || (typeof value === "number" && !Number.isFinite(value));
  return special ? { [mark]: String(value) } : value;
}

function decodeSpecial(text: string): unknown {
  if (text === "undefined") return undefined;
  if (/^-?\d+n$/.test(text)) return BigInt(text.slice(0, -1));
  if (["NaN", "Infinity", "-Infinity", "-0"].includes(text)) return Number(text);
  throw new TypeError(`there is no special value "${text.slice(0, 40)}"`);
}

function decodeEntries(value: object): unknown {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decodePlain(inner)]));
}

function refused(place: string, found: string): TypeError {
  return misuse(
    "type",
    "JOURNAL_RECORD",
    `only plain data can be kept, ${place} is ${found}: turn it into plain data first`,
  );
}
