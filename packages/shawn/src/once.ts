/**
 * `once`: acts that may be asked for twice, by somebody who has not heard of the answer, and count once.
 */
import { describe, misuse, quote } from "@good-place/channel/misuse";
import type { Act } from "./act.js";

/**
 * The act with an id of the caller's choice, from 1 to 200 characters. A store confirms the first act of an id and passes over every
 * other, for ever: after a restart too, if it has a journal. What waits for one that was passed over waits until the
 * first is durable. An act that is refused or rolled back leaves its id free. Throws BAD_ACT_ID.
 */
export function once<A extends Act>(id: string, act: A): A {
  return { ...act, id: checkedId(id) };
}

/** Throws BAD_ACT_ID for what is no id of an act. */
export function checkedId(id: unknown): string {
  if (typeof id === "string" && id.length > 0 && id.length <= 200) return id;
  const came = typeof id === "string" ? `${id.length} (${quote(id)})` : describe(id);
  throw misuse("type", "BAD_ACT_ID", `the id of an act is a text of 1 to 200 characters, got ${came}`);
}
