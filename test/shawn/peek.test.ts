import { acts, payload, peek, shawn, type Table, table } from "@good-place/shawn";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeThrown } from "./office.js";

interface Row {
  id: number;
  n: { of: number };
}
interface Office {
  rows: Table<Row>;
}
const change = acts<Office>()("change", payload<(office: Office) => void>()).does({
  update(office, recipe) {
    recipe(office);
  },
});
const storeOf = (ids: number[]) => {
  const rows = table<Row>({ rows: ids.map((id) => ({ id, n: { of: id } })) });
  return shawn<Office>({ rows }, { acts: [change] });
};

const write = fc.record({ what: fc.constantFrom("set", "delete", "write", "read"), id: fc.nat(8), of: fc.nat() });

describe("peek", () => {
  test("gives what the draft gives, at any moment of an update, in its order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(8)), fc.array(write), (ids, writes) => {
        storeOf(ids).confirm(
          change(({ rows }) => {
            const seen = peek(rows);
            for (const { what, id, of } of writes) {
              if (what === "set") rows.set({ id, n: { of } });
              if (what === "delete") rows.delete(id);
              const row = what === "write" || what === "read" ? rows.get(id) : undefined;
              if (row !== undefined && what === "write") row.n.of = of;
              expect([seen.size, seen.has(id), seen.get(id)?.n.of]).toEqual([
                rows.size,
                rows.has(id),
                rows.get(id)?.n.of,
              ]);
            }
            expect(JSON.stringify(seen)).toBe(JSON.stringify([...seen]));
            expect(JSON.stringify(seen)).toBe(JSON.stringify(rows));
          }),
        );
      }),
    );
  });

  test("makes no drafts: a row that was not written is the row of the envelope, and looking changes nothing", () => {
    const store = storeOf([1, 2]);
    const { rows: before } = store.envelope;
    store.confirm(
      change(({ rows }) => {
        expect(peek(rows).at(1)).toBe(before.at(1));
        expect(peek(rows).key).toBe("id");
        const [, second] = peek(rows);
        expect(second).toBe(before.at(2));
        expect(rows.at(1)).not.toBe(before.at(1));
      }),
    );
    expect(store.envelope.rows).toBe(before);
    expect(peek(before)).toBe(before);
    expect(peek(3)).toBe(3);
  });

  test("is to be read: its writes are refused, a row that is not there is NO_ROW, and it ends with the update", () => {
    let kept: Table<Row> | undefined;
    storeOf([1]).confirm(
      change(({ rows }) => {
        kept = peek(rows);
        const row = { id: 5, n: { of: 5 } };
        for (const write of [() => kept?.add(row), () => kept?.set(row), () => kept?.delete(1)]) {
          expect(codeThrown(write)).toBe("OUTSIDE_UPDATE");
        }
        expect(codeThrown(() => kept?.at(5))).toBe("NO_ROW");
        expect(rows.size).toBe(1);
      }),
    );
    for (const read of [() => kept?.get(1), () => [...(kept ?? [])], () => kept?.size]) {
      expect(codeThrown(read)).toBe("DRAFT_ESCAPED");
    }
  });
});
