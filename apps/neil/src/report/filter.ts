/**
 * Which intervals count: `client:acme project:site task:header tag:css note:menu`, and bare words, which stand in the
 * handle. All of them have to fit; a value that a `-` stands before must not.
 */
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";
import type { Entry } from "./entry.js";

export type Fits = (entry: Entry) => boolean;

const KEYS: Readonly<Record<string, (entry: Entry, value: string) => boolean>> = {
  client: ({ client }, value) => client === value,
  project: ({ project }, value) => project === value,
  task: ({ task }, value) => task === value,
  tag: ({ tags }, value) => tags.includes(value),
  note: ({ note }, value) => note.toLowerCase().includes(value.toLowerCase()),
};

/** Has it a price, and is it on no invoice yet? */
export function isUnbilled({ billable, invoice }: Entry): boolean {
  return billable && invoice === undefined;
}

export const FILTER_KEYS: readonly string[] = Object.keys(KEYS);

/** Reads the words. Throws BAD_FILTER. */
export function entryFilter(words: readonly string[]): Fits {
  const tests = words.map(testOf);
  return (entry) => tests.every((fits) => fits(entry));
}

/** Whether a word is a filter that can be read. */
export function isFilter(word: string): boolean {
  try {
    testOf(word);
    return true;
  } catch {
    return false;
  }
}

function testOf(word: string): Fits {
  const [, key, not, value = ""] = /^([a-z]+):(-?)(.*)$/s.exec(word) ?? [];
  if (key === undefined) return ({ client, project, task }) => `${client}/${project}/${task}`.includes(word);
  const test = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  const advice = `filters are ${FILTER_KEYS.map((each) => `${each}:`).join(" ")} and words of the handle`;
  if (test === undefined) {
    const near = nearest(key, FILTER_KEYS);
    throw new NeilError("BAD_FILTER", `there is no filter ${key}:${near ? `; did you mean ${near}:?` : ""}`, {
      advice,
    });
  }
  if (value === "") throw new NeilError("BAD_FILTER", `${key}: needs a value`, { advice });
  return (entry) => test(entry, value) !== (not === "-");
}
