/**
 * Filters of lists: `client:acme project:site task:header state:active tag:css note:/menu/ since:mon`, and bare words, which stand
 * in the handle. All of them have to fit.
 */
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "../errors.js";
import type { Here } from "../time/calendar.js";
import { parsePeriod } from "../time/period.js";

export interface Filter {
  readonly name: (name: {
    readonly handle: string;
    readonly state: string;
    readonly note: string;
    readonly lastAt: number | null;
  }) => boolean;
}

const KEYS = ["client", "project", "task", "state", "note", "since"];

/** Reads the words. Throws BAD_FILTER. */
export function parseFilter(words: readonly string[], here: Here): Filter {
  const tests = words.map((word) => test(word, here));
  return { name: (name) => tests.every((fits) => fits(name)) };
}

function test(word: string, here: Here): Filter["name"] {
  const [, key, value = ""] = /^([a-z]+):(.*)$/s.exec(word) ?? [];
  if (key === undefined) return ({ handle }) => handle.includes(word);
  if (!KEYS.includes(key)) {
    const near = nearest(key, KEYS);
    throw bad(`there is no filter ${key}:${near ? `; did you mean ${near}:?` : ""}`);
  }
  if (value === "") throw bad(`${key}: needs a value`);
  if (key === "state") return ({ state }) => state === value;
  if (key === "since") {
    const { from } = parsePeriod(value, here);
    return ({ lastAt }) => lastAt !== null && lastAt >= from;
  }
  if (key === "note") {
    const matches = matcher(value);
    return ({ note }) => matches(note);
  }
  const level = ["client", "project", "task"].indexOf(key);
  return ({ handle }) => handle.split("/")[level] === value;
}

function matcher(value: string): (text: string) => boolean {
  const [, pattern] = /^\/(.+)\/$/s.exec(value) ?? [];
  if (pattern === undefined) return (text) => text.toLowerCase().includes(value.toLowerCase());
  try {
    const expression = new RegExp(pattern, "iu");
    return (text) => expression.test(text);
  } catch (error) {
    throw bad(`note:${value} is no regular expression: ${(error as Error).message}`);
  }
}

function bad(what: string): NeilError {
  return new NeilError("BAD_FILTER", what, {
    advice: `filters are ${KEYS.map((key) => `${key}:`).join(" ")} and words of the handle`,
  });
}
