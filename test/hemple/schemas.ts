/**
 * Schemas as small as they can be, so that these tests need no schema library: what hemple sees is the standard's shape.
 */
import type { StandardSchema } from "@good-place/hemple";

type Issues = { message: string; path?: PropertyKey[] }[];

function schema<T>(check: (value: unknown) => Issues): StandardSchema<T> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        const issues = check(value);
        return issues.length > 0 ? { issues } : { value: value as T };
      },
    },
  };
}

function ofType<T>(type: string): StandardSchema<T> {
  return schema<T>((value) => (typeof value === type ? [] : [{ message: `expected ${type}, got ${typeof value}` }]));
}

export const number: StandardSchema<number> = ofType("number");
export const text: StandardSchema<string> = ofType("string");
export const anything: StandardSchema<unknown> = schema<unknown>(() => []);

export const task: StandardSchema<{ id: number; title: string }> = schema((value) => {
  const { id, title } = (value ?? {}) as { id?: unknown; title?: unknown };
  const issues: Issues = [];
  if (typeof id !== "number") issues.push({ message: `expected number, got ${typeof id}`, path: ["id"] });
  if (typeof title !== "string") issues.push({ message: `expected string, got ${typeof title}`, path: ["title"] });
  return issues;
});

/** Has more against every value than fits into a small message. */
export const picky: StandardSchema<number> = schema<number>(() =>
  Array.from({ length: 40 }, () => ({ message: "m".repeat(5000), path: Array(40).fill("p".repeat(5000)) })),
);

/** Doubles in a promise: an asynchronous schema whose output is not its input. */
export const doubled: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value) => ({ value: (value as number) * 2 }),
  },
};
