import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// Whether it is production is a constant of the module, so it takes a process of its own.
const script = `
  import { acts, payload, shawn, table } from "@good-place/shawn";
  const change = acts()("change", payload()).does({ update: (draft, recipe) => recipe(draft) });
  const base = { a: { n: 1 }, list: [1], m: new Map([["k", { n: 1 }]]), s: new Set([1]), t: table({ rows: [{ id: 1, n: 1 }] }) };
  const given = { id: 2, tags: ["x"] };
  const before = JSON.stringify([base, [...base.m], [...base.s], given]);
  const store = shawn(base, { acts: [change], onError: () => {} });
  const snapshot = store.envelope;
  let kept;
  store.confirm(change((draft) => { draft.a.n = 9; draft.list.push(9); draft.m.get("k").n = 9; draft.s.add(9); draft.t.at(1).n = 9; throw 0; }));
  const rolledBack = store.envelope === snapshot;
  store.confirm(change((draft) => {
    kept = draft.a; draft.a.n = 2; draft.list.push(2); draft.m.get("k").n = 2; draft.m.set("l", given); draft.s.add(2);
    draft.t.at(1).n = 2; draft.t.add(given); draft.t.at(2).tags.push("y"); draft.m2 = new Map(); draft.given = given; draft.given.tags.push("z");
  }));
  const codes = [() => kept.n, () => base.m.set("x", 1), () => store.envelope.m.set("x", 1), () => store.envelope.m2.clear(),
    () => store.envelope.s.add(1), () => store.envelope.t.delete(1)].map((call) => { try { call(); return "none"; } catch (e) { return e.code; } });
  const { a, list, m, s, t } = store.envelope;
  console.log(JSON.stringify({ rolledBack, same: JSON.stringify([base, [...base.m], [...base.s], given]) === before, codes,
    next: [a.n, list, m.get("k").n, [...s], t], frozen: Object.isFrozen(a) }));
`;

test("in production, too, drafts die, collections refuse writes, and neither base nor payload is written", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  const outside = "OUTSIDE_UPDATE";
  expect(JSON.parse(stdout)).toEqual({
    rolledBack: true,
    same: true,
    codes: ["DRAFT_ESCAPED", outside, outside, outside, outside, outside],
    next: [
      2,
      [1, 2],
      2,
      [1, 2],
      [
        { id: 1, n: 2 },
        { id: 2, tags: ["x", "y"] },
      ],
    ],
    frozen: false,
  });
});
