import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { newHome, type Server, startServer } from "../e2e/harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

const golden = fileURLToPath(new URL("golden", import.meta.url));

// What the version has written, as it has left it; the clock stands behind all of it.
async function opened(version: string): Promise<Server> {
  const home = newHome();
  mkdirSync(join(home, "mansion"));
  for (const name of readdirSync(join(golden, version))) {
    copyFileSync(join(golden, version, name), join(home, "mansion", name));
  }
  const clock = join(home, "clock");
  writeFileSync(clock, "2026-11-22T10:00:00Z");
  return await startServer(home, { NEIL_CLOCK: clock });
}

describe("a journal of Neil's first version", () => {
  // Three imported intervals, four of the timer, a task completed, one still running; refusals left nothing behind.
  test("is replayed as what it was", async () => {
    const server = await opened("version-1");
    const { tasks } = await server.json<{ tasks: Record<string, unknown>[] }>("list");
    expect(tasks.map(({ handle, intervals, state }) => [handle, intervals, state])).toEqual([
      ["acme/site/header", 2, "completed"],
      ["beta/api/auth", 1, "active"],
      ["int/mail/inbox", 1, "active"],
      ["watson/acme-site/work", 2, "active"],
      ["watson/int/work", 1, "active"],
    ]);
    const { totals } = await server.json<{ totals: { keys: string[]; ms: number }[] }>("report", "--by", "client");
    expect(Object.fromEntries(totals.map(({ keys, ms }) => [keys[0], ms]))).toMatchObject({
      watson: 7 * 3_600_000,
      acme: 528,
      int: 798,
    });
    expect(await server.json("status")).toMatchObject({
      running: { handle: "beta/api/auth", note: "žluťoučký kůň", start: "2026-11-22T04:26:50.487Z" },
    });
    expect(await server.neil("doctor")).toMatchObject({ exit: 0, stdout: "all is well\n" });
    expect(await server.end()).toBe(0);
  });

  test("goes on: what it began is stopped, what it imported is known, and all of it is undone to the first", async () => {
    const server = await opened("version-1");
    expect(await server.json("stop", "at last")).toMatchObject({ stopped: { note: "žluťoučký kůň; at last" } });
    for (let steps = 9; steps > 0; steps--) expect((await server.neil("undo")).exit).toBe(0);
    expect(await server.neil("undo")).toMatchObject({ exit: 1 });
    expect(await server.json("list")).toEqual({ tasks: [] });
    expect(await server.end()).toBe(0);
    const again = await startServer(server.home, { NEIL_CLOCK: join(server.home, "clock") });
    expect(await again.json("list")).toEqual({ tasks: [] });
    expect((await again.neil("redo")).exit).toBe(0);
    expect(await again.json<{ tasks: unknown[] }>("list")).toMatchObject({
      tasks: [{ handle: "watson/acme-site/work" }, { handle: "watson/int/work" }],
    });
    expect(await again.end()).toBe(0);
  });
});

describe("a journal with invoices", () => {
  interface Sheet {
    number: string;
    state: string;
    issuedOn: string;
    due: string;
    paidOn: string;
    counterpart: string;
    currency: string;
    net: number;
    total: number;
    lines: unknown[];
  }

  // Paid; canceled, with its credit note; billed anew, paid, and that undone; in thousandths; and a draft in whole yens.
  const SHOWN = [
    ["2026-001", "paid", "2026-10-01", "2026-10-15", "2026-10-20", "", "EUR", 21_004, 25_415, 1],
    ["2026-002", "canceled", "2026-11-02", "2026-11-16", "", "2026-003", "EUR", 31_505, 37_994, 2],
    ["2026-003", "issued", "2026-11-02", "", "", "2026-002", "EUR", -31_505, -37_994, 2],
    ["2026-004", "issued", "2026-11-02", "2026-11-16", "", "", "EUR", 31_505, 37_994, 2],
    ["2026-005", "issued", "2026-11-02", "2026-11-16", "", "", "KWD", 37_035, 44_812, 1],
    ["draft-1", "draft", "2026-11-22", "2026-12-06", "", "", "JPY", 4000, 4000, 1],
  ];

  async function shown(server: Server): Promise<unknown[]> {
    const { invoices } = await server.json<{ invoices: { number: string }[] }>("invoice");
    const sheets: unknown[] = [];
    for (const { number } of invoices) {
      const { invoice } = await server.json<{ invoice: Sheet }>("invoice", "show", number);
      const { state, issuedOn, due, paidOn, counterpart, currency, net, total, lines } = invoice;
      sheets.push([number, state, issuedOn, due, paidOn, counterpart, currency, net, total, lines.length]);
    }
    return sheets;
  }

  test("has the same numbers, days and sums, holds the same work, and goes on with the next number", async () => {
    const server = await opened("version-2");
    expect(await shown(server)).toEqual(SHOWN);
    const { stdout } = await server.neil("log", "all");
    expect([2, 3, 4, 5].map((n) => stdout.match(new RegExp(`on 2026-00${n}$`, "gm"))?.length)).toEqual([
      ...[undefined, undefined, 3, 1],
    ]);
    expect(await server.neil("doctor")).toMatchObject({ exit: 0, stdout: "all is well\n" });
    expect((await server.neil("redo")).exit).toBe(0);
    expect(await server.json("invoice", "show", "2026-004")).toMatchObject({ invoice: { state: "paid" } });
    expect((await server.neil("undo")).exit).toBe(0);
    expect(await server.json("invoice", "issue", "draft-1")).toMatchObject({ invoice: { number: "2026-006" } });
    expect((await server.neil("edit", "@1", "--note", "x")).stderr).toMatch(/is on invoice 2026-00/);
    expect(await server.end()).toBe(0);
    const again = await startServer(server.home, { NEIL_CLOCK: join(server.home, "clock") });
    const last = ["2026-006", "issued", "2026-11-22", "2026-12-06", "", "", "JPY", 4000, 4000, 1];
    expect(await shown(again)).toEqual([...SHOWN.slice(0, -1), last]);
    expect(await again.end()).toBe(0);
  });
});
