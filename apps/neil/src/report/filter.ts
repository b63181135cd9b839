/**
 * Filters: `client:acme project:site task:header tag:css note:menu note:/men[ue]/`, and bare words, which stand in the
 * handle. All of them have to fit; a value that a `-` stands before must not.
 */
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";
import type { Entry } from "./entry.js";

export type Fits<T> = (subject: T) => boolean;

/** What a key makes of its value; "" is that of a bare word. A text is why the key makes no sense there. */
export type FilterKeys<T> = Readonly<Record<string, ((value: string) => Fits<T>) | string>>;

/** Every key, whatever it is asked of. */
export const FILTER_KEYS: readonly string[] = ["client", "project", "task", "tag", "state", "since", "until", "note"];

const NO_STATE = "state: is of tasks, and these are intervals: look with npx neil list, or overview";
const NO_BOUND = "the period says from when to when";

const ENTRY_KEYS: FilterKeys<Entry> = {
  "":
    (value) =>
    ({ client, project, task }) =>
      `${client}/${project}/${task}`.includes(value),
  client:
    (value) =>
    ({ client }) =>
      client === value,
  project:
    (value) =>
    ({ project }) =>
      project === value,
  task:
    (value) =>
    ({ task }) =>
      task === value,
  tag:
    (value) =>
    ({ tags }) =>
      tags.includes(value),
  note(value) {
    const matches = matcher(value);
    return ({ note }) => matches(note);
  },
  state: NO_STATE,
  since: NO_BOUND,
  until: NO_BOUND,
};

/** Has it a price, and is it on no invoice yet? */
export function isUnbilled({ billable, invoice }: Entry): boolean {
  return billable && invoice === undefined;
}

/** Reads the words about intervals. Throws BAD_FILTER. */
export function entryFilter(words: readonly string[]): Fits<Entry> {
  return filterOf(words, ENTRY_KEYS);
}

/** Whether a word is a filter that a server reads. */
export function isFilter(word: string): boolean {
  try {
    entryFilter([word]);
    return !isPattern(word);
  } catch {
    return false;
  }
}

/** Whether it takes a regular expression, which whoever asks for it has to run: it may take for ever. */
export function isPattern(word: string): boolean {
  const { key, value } = termOf(word);
  return key === "note" && PATTERN.test(value);
}

/** Reads the words by what the keys make of them. Throws BAD_FILTER. */
export function filterOf<T>(words: readonly string[], keys: FilterKeys<T>): Fits<T> {
  const tests = words.map((word) => {
    const { key, not, value } = termOf(word);
    const test = keys[key] as FilterKeys<T>[string];
    if (typeof test === "string") throw badFilter(test);
    const fits = test(value);
    return (subject: T) => fits(subject) !== not;
  });
  return (subject) => tests.every((fits) => fits(subject));
}

export interface Term {
  /** One of FILTER_KEYS, or "" for a bare word. */
  readonly key: string;
  readonly not: boolean;
  readonly value: string;
}

/** Takes a word apart. Throws BAD_FILTER for a key that there is not, with the nearest. */
export function termOf(word: string): Term {
  const [, key, not, value = ""] = /^([a-z]+):(-?)(.*)$/s.exec(word) ?? [];
  if (key === undefined) return { key: "", not: false, value: word };
  if (!FILTER_KEYS.includes(key)) {
    const near = nearest(key, FILTER_KEYS);
    throw badFilter(`there is no filter ${key}:${near ? `; did you mean ${near}:?` : ""}`);
  }
  if (value === "") throw badFilter(`${key}: needs a value`);
  return { key, not: not === "-", value };
}

const PATTERN = /^\/(.+)\/$/s;

/** What fits a text, or a regular expression between slashes. Cases are alike. Throws BAD_FILTER. */
export function matcher(value: string): (text: string) => boolean {
  const [, pattern] = PATTERN.exec(value) ?? [];
  if (pattern === undefined) return (text) => text.toLowerCase().includes(value.toLowerCase());
  try {
    const expression = new RegExp(pattern, "iu");
    return (text) => expression.test(text);
  } catch (error) {
    throw badFilter(`note:${value} is no regular expression: ${(error as Error).message}`);
  }
}

export function badFilter(what: string): NeilError {
  return new NeilError("BAD_FILTER", what, {
    advice: `filters are ${FILTER_KEYS.map((each) => `${each}:`).join(" ")} and words of the handle`,
  });
}
