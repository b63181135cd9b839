/**
 * What Neil's first version did wrong, each fault by a test. Those that its rules keep out stand in test/neil/rules.test.ts,
 * those of two devices in devices.test.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newHome, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Work {
  place?: string;
  handle: string;
  end: string | null;
  note: string;
  ms: number;
}

describe("what the first version did wrong", () => {
  let server: Server;
  let clock: string;
  const at = (iso: string): void => writeFileSync(clock, iso);
  beforeAll(async () => {
    const home = newHome();
    clock = join(home, "clock");
    at("2026-10-07T07:00:00Z");
    server = await startServer(home, { NEIL_CLOCK: clock, NEIL_BEAT_MS: "50", TZ: "UTC" });
  });
  afterAll(async () => {
    await server.end();
  });

  test("continue has no history to fail with: it says so, and nothing is begun", async () => {
    const ran = await server.neil("continue");
    expect(ran).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining("worked on yet") });
    expect(await server.neil()).toMatchObject({ exit: 1 });
  });

  test("a client needs no note, and gets the address that an invoice wants", async () => {
    await server.json("client", "add", "acme");
    await server.json("client", "edit", "acme", "--street", "Long 1", "--vat-id", "CZ1", "--title", "Acme Ltd");
    const { clients } = await server.json<{ clients: object[] }>("client", "list");
    expect(clients).toMatchObject([
      { handle: "acme", title: "Acme Ltd", note: "", invoice: { street: "Long 1", vatId: "CZ1", city: "" } },
    ]);
  });

  test("done closes the interval, keeps its note and lets no time grow on", async () => {
    await server.json("start", "acme/site/header");
    at("2026-10-07T09:05:30Z");
    await server.json("stop", "sent", "it", "done");
    at("2026-10-07T20:00:00Z");
    const [work] = (await server.json<{ intervals: Work[] }>("last")).intervals;
    expect(work).toMatchObject({ end: "2026-10-07T09:05:30.000Z", note: "sent it", ms: 7_530_000 });
    const { tasks } = await server.json<{ tasks: object[] }>("list");
    expect(tasks).toMatchObject([{ handle: "acme/site/header", state: "completed", ms: 7_530_000 }]);
  });

  test("a minute is a minute, sixty are an hour, and hundreds of hours are hours", async () => {
    const shown = async (...args: string[]): Promise<string> => (await server.neil(...args)).stdout;
    expect(await shown("last")).toContain("  2h05  ");
    expect(await shown("report", "today")).toMatch(/ 2:06\n/);
    await server.json("add", "acme/site/long", "2026-09-01T00:00/2026-09-06T05:00");
    expect(await shown("list", "task:long")).toContain("125h00");
    await server.json("start", "acme/site/now");
    at("2026-10-07T20:00:59Z");
    expect(await shown("prompt", "--format", "{dur}")).toBe("0:00\n");
    at("2026-10-07T21:01:00Z");
    expect(await shown("prompt", "--format", "{dur}")).toBe("1:01\n");
    await server.json("stop");
  });

  test("what is newer stands before what is older, also from the tenth on", async () => {
    for (let n = 0; n < 12; n++) await server.json("add", "acme/site/many", `2026-08-${n + 10}`, "9:00-9:30", `${n}`);
    const { intervals } = await server.json<{ intervals: Work[] }>("last", "-n", "20");
    const many = intervals.filter(({ handle }) => handle === "acme/site/many");
    expect(many.map(({ note }) => Number(note))).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const place = many.at(-1)?.place ?? "";
    expect(await server.json("note", place, "the first")).toMatchObject({ intervals: [{ note: "the first" }] });
  });

  test("a name that was changed is the new one in whatever comes next", async () => {
    await server.json("start", "acme/site/many");
    await server.json("client", "rename", "acme", "apex");
    expect((await server.neil()).stdout).toContain("apex/site/many");
    expect((await server.neil("stop")).stdout).toContain("apex/site/many");
  });

  test("each server makes a secret of its own", async () => {
    const other = await startServer();
    expect(await other.end()).toBe(0);
    const secret = (home: string): string => JSON.parse(readFileSync(join(home, "client.json"), "utf8")).psk;
    expect(secret(other.home)).not.toBe(secret(server.home));
  });
});
