import { acts, PayloadError, payload, type StandardSchema, shawn } from "@good-place/shawn";
import { expect, test } from "vitest";
import { z } from "zod";
import { codeOf, codeThrown } from "./office.js";

interface Office {
  got: unknown[];
}
const act = acts<Office>();
const line = z.object({ id: z.string(), lines: z.array(z.object({ rate: z.number() })).default([]) });
const add = act("add", line).does({ update: (office, payload) => void office.got.push(payload) });
const fresh = (definitions: Parameters<typeof shawn<Office>>[1]["acts"], rest = {}) =>
  shawn<Office>({ got: [] }, { acts: definitions, ...rest });

test("a refused payload throws PayloadError with the path of each issue, and changes nothing", () => {
  const office = fresh([add]);
  const before = office.envelope;
  let error: unknown;
  try {
    office.confirm(add({ id: 1, lines: [{ rate: 2 }, { rate: "3" }] } as never));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(PayloadError);
  const { code, act, issues } = error as PayloadError;
  expect([code, act, issues.map(({ path }) => path)]).toEqual(["INVALID_PAYLOAD", "add", ["id", "lines.1.rate"]]);
  expect([office.envelope, office.seq]).toEqual([before, 0]);
});

test("a schema's output is the payload, for the update and the subscribers", () => {
  const office = fresh([add]);
  let payload: unknown;
  office.subscribe((_, __, [first]) => {
    payload = first?.payload;
  });
  office.confirm(add({ id: "a" }));
  expect(office.envelope.got).toEqual([{ id: "a", lines: [] }]);
  expect(payload).toEqual({ id: "a", lines: [] });
});

test("reduce validates, too", () => {
  expect(codeThrown(() => fresh([add]).reduce({ got: [] }, add({ id: 1 } as never)))).toBe("INVALID_PAYLOAD");
});

test("each act is validated when its turn comes: those before it stand", () => {
  const office = fresh([add]);
  expect(codeThrown(() => office.confirm(add({ id: "a" }), add({ id: 1 } as never)))).toBe("INVALID_PAYLOAD");
  expect(office.envelope.got).toHaveLength(1);
});

const schemaOf = (validate: (value: unknown) => unknown): StandardSchema =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as StandardSchema;

test("an async schema is refused with ASYNC_SCHEMA, whatever makes its promise", () => {
  const odd = [
    schemaOf(async (value) => ({ value })),
    schemaOf(() => Promise.reject(new Error("late"))),
    // biome-ignore lint/suspicious/noThenProperty: a promise of another make
    schemaOf((value) => ({ then: (done: (result: unknown) => void) => done({ value }) })),
  ];
  for (const schema of odd) {
    const slow = act("slow", schema).does({ update: (office) => void office.got.push("x") });
    const office = fresh([slow]);
    expect(codeThrown(() => office.confirm(slow(1)))).toBe("ASYNC_SCHEMA");
    expect(office.envelope.got).toEqual([]);
  }
});

test("a schema that throws is a failure of phase validate", async () => {
  const phases: string[] = [];
  const odd = act(
    "odd",
    schemaOf(() => {
      throw new Error("odd");
    }),
  ).does({});
  const office = fresh([odd], { onError: ({ phase }: { phase: string }) => void phases.push(phase) });
  office.confirm(odd(1));
  expect(phases).toEqual(["validate"]);
  expect(await codeOf(office.admit())).toBe(undefined);
});

test("a schema that is a function will do", () => {
  const type = Object.assign(
    () => {},
    schemaOf((value) => ({ value: Number(value) })),
  );
  const count = act("count", type).does({ update: (office, n) => void office.got.push(n) });
  const office = fresh([count]);
  office.confirm(count("5"));
  expect(office.envelope.got).toEqual([5]);
});

test("what is neither a schema nor payload() is refused, so that no payload goes unchecked by mistake", () => {
  for (const odd of [5, null, String, {}, { type: "string" }]) {
    expect(codeThrown(() => act("odd", odd as never))).toBe("NOT_A_SCHEMA");
  }
  expect(codeThrown(() => act("fine", payload<string>()).does({}))).toBeUndefined();
  const callable = Object.assign(() => {}, { "~standard": line["~standard"] });
  expect(codeThrown(() => act("callable", callable).does({}))).toBeUndefined();
});
