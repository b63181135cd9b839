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
