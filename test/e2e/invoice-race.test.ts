import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, dial } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import { describe, expect, test } from "vitest";
import { newHome, type Ran, type Server, startServer } from "./harness.js";

type Neil = Client<typeof neilContract>;

const DAY = "2024-11-02";
const zone = "UTC";
const period = { from: 0, to: 8e15, zone, dayStart: 0, text: "all" };

async function connect({ home, rpc }: Server): Promise<Neil> {
  const file = JSON.parse(readFileSync(join(home, "client.json"), "utf8")) as Record<string, string>;
  const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(file[name] ?? "", "base64"));
  const port = Number(rpc.split(":")[1]);
  return await dial(neilContract, { port, key: bytes("key"), psk: bytes("psk"), serverKey: bytes("serverKey") });
}

// A draft for each of so many clients, who all have worked for an hour.
async function drafts(neil: Neil, count: number, first = 0): Promise<string[]> {
  const fields = { sender: { name: "Me" } };
  await neil["terms/set"]({ command: `terms-${first}`, scope: "", day: DAY, fields });
  await neil["rate/set"]({ command: `rate-${first}`, scope: "", from: "", amount: { currency: "EUR", minor: 5000 } });
  const numbers: string[] = [];
  for (let n = first; n < first + count; n++) {
    const handle = { client: `client-${n}`, project: "p", task: "t" };
    const start = 1_600_000_000_000 + n * 3_600_000;
    const interval = { id: `interval-${n}`, handle, start, end: start + 3_600_000, note: "", tags: [] };
    await neil["interval/import"]({ zone, intervals: [interval], dryRun: false });
    numbers.push((await neil["invoice/draft"]({ command: `draft-of-${n}`, client: `client-${n}`, period })).about);
  }
  return numbers;
}

async function given(neil: Neil): Promise<string[]> {
  const numbers: string[] = [];
  for (let from = 0; ; ) {
    const page = await neil.invoices({ from, day: DAY });
    if (page.length === 0) return numbers.sort();
    numbers.push(...page.filter(({ state }) => state !== "draft").map(({ number }) => number));
    from += page.length;
  }
}

const counted = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `2024-${String(n + 1).padStart(3, "0")}`);

describe("invoices issued at once", () => {
  test("by several processes have each its own number, without a gap, and a draft is issued once", async () => {
    const server = await startServer();
    const neil = await connect(server);
    const ready = await drafts(neil, 4);
    // Each draft twice: one of the two is refused.
    const issue = (number: string): Promise<Ran> => server.neil("invoice", "issue", number, "--date", DAY, "--json");
    const ran = await Promise.all([...ready, ...ready].map(issue));
    const told = ran
      .filter(({ exit }) => exit === 0)
      .map(({ stdout }) => JSON.parse(stdout) as { invoice: { number: string } });
    expect(told.map(({ invoice }) => invoice.number).sort()).toEqual(counted(4));
    expect(ran.filter(({ exit }) => exit !== 0).every(({ stdout }) => /ALREADY|NOT_FOUND/.test(stdout))).toBe(true);
    expect(await given(neil)).toEqual(counted(4));
    await neil[Symbol.asyncDispose]();
    expect(await server.end()).toBe(0);
  }, 120_000);

  test("through a kill -9 in the middle: an answered number stays, none is left out, and asking again gives the same", async () => {
    const home = newHome();
    const answered = new Map<string, string>();
    const asked: [command: string, draft: string][] = [];
    for (let round = 0; round < 3; round++) {
      const server = await startServer(home);
      const neil = await connect(server);
      const ready = await drafts(neil, 12, round * 12);
      const streams = ready.map(async (number, n) => {
        const command = `issue-${round}-${n}`;
        asked.push([command, number]);
        answered.set(command, (await neil["invoice/issue"]({ command, number, day: DAY })).about);
        if (answered.size === round * 12 + 4) server.process.kill("SIGKILL");
      });
      // Each stream ends when its connection does.
      await Promise.allSettled(streams);
      await server.end("SIGKILL");
      const after = await startServer(home);
      const again = await connect(after);
      for (const [command, number] of asked.slice(round * 12)) {
        const { about } = await again["invoice/issue"]({ command, number, day: DAY });
        expect(about).toBe(answered.get(command) ?? about);
        answered.set(command, about);
      }
      expect(await given(again)).toEqual(counted(answered.size));
      expect([...answered.values()].sort()).toEqual(counted((round + 1) * 12));
      await again[Symbol.asyncDispose]();
      await after.end();
    }
  }, 240_000);
});
