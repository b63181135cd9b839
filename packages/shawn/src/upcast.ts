/**
 * `upcast`: how records of an act that has changed since are read. A record is of its act's name and version; upcasts lead
 * from one to the next until the act is one that the store has. They are checked when the store is made, not when an old
 * record turns up years later.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import type { Meta } from "./journal.js";

/** An act's name and the version of its payload. */
export interface Versioned {
  readonly name: string;
  readonly version: number;
}

/** What leads from records of one name and version to another. */
export interface Upcast {
  readonly from: Versioned;
  readonly to: Versioned;
  readonly change: (payload: unknown, meta: Meta) => unknown;
}

/**
 * Says what a payload of `from` is as one of `to`, both written "name@version". `change` has to be a function of what it
 * gets, and must not change it; by default the payload stays as it is, for an act that only got another name. The versions of one
 * act count from 1. Throws BAD_UPCAST.
 */
export function upcast<P = never>(
  from: string,
  to: string,
  change: (payload: P, meta: Meta) => unknown = (payload): unknown => payload,
): Upcast {
  if (typeof change !== "function") throw bad(`its third argument must be a function, got ${describe(change)}`);
  return { from: versioned(from), to: versioned(to), change: change as Upcast["change"] };
}

/** "name@version". */
export function told({ name, version }: Versioned): string {
  return `${name}@${version}`;
}

function versioned(text: string): Versioned {
  const [, name, version] = (typeof text === "string" && /^(.+)@([1-9]\d{0,8})$/s.exec(text)) || [];
  if (name === undefined)
    throw bad(`it goes from "name@version" to "name@version", versions from 1, got ${describe(text)}`);
  return { name, version: Number(version) };
}

function bad(what: string): Error {
  return misuse("type", "BAD_UPCAST", `upcast(): ${what}`);
}
