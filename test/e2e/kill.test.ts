import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, dial } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import { describe, expect, test } from "vitest";
import { newHome, type Server, startServer } from "./harness.js";

interface Report {
  totals: { keys: string[]; intervals: number }[];
}

const ROUNDS = 3;

describe("kill -9", () => {
  test("every command that was answered is there after a restart, and none twice", async () => {
    const home = newHome();
    const answered: string[] = [];
    const sent = new Set<string>();
    let n = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer(home);
      // Work goes on in one stream of commands; the kill comes while it does, after a few of this round were answered.
      const enough = answered.length + 3;
      let killed: Promise<unknown> | undefined;
      while (killed === undefined) {
        const handle = `acme/site/task-${n++}`;
        sent.add(handle);
        const running = server.neil("start", handle);
        if (answered.length >= enough) killed = server.end("SIGKILL");
        const { exit } = await running;
        if (exit === 0) answered.push(handle);
        if (killed === undefined) await server.neil("stop");
      }
      await killed;
      const after = await startServer(home);
      const { totals } = await after.json<Report>("report", "--by", "task");
      const found = new Map(totals.map(({ keys: [handle = ""], intervals }) => [handle, intervals]));
      for (const handle of answered) expect(found.get(handle), handle).toBe(1);
      for (const [handle, intervals] of found) expect([sent.has(handle), intervals]).toEqual([true, 1]);
      await after.neil("stop");
      expect(await after.end()).toBe(0);
    }
    expect(answered.length).toBeGreaterThanOrEqual(ROUNDS * 3);
  }, 120_000);

  test("of commands that stream in side by side, each that was answered is there after a kill, and none twice", async () => {
    const home = newHome();
    const answered: Imported[] = [];
    let n = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer(home);
      const client = await connect(server);
      const enough = answered.length + 100;
      const stream = async (): Promise<void> => {
        for (;;) {
          const interval = importedInterval(n++);
          await client["interval/import"]({ zone: "UTC", intervals: [interval], dryRun: false });
          answered.push(interval);
          if (answered.length >= enough) server.process.kill("SIGKILL");
        }
      };
      // Each stream ends when its connection does.
      await Promise.allSettled(Array.from({ length: 16 }, stream));
      await server.end("SIGKILL");
    }
    const after = await startServer(home);
    const client = await connect(after);
    for (let at = 0; at < answered.length; at += 500) {
      const intervals = answered.slice(at, at + 500);
      expect(await client["interval/import"]({ zone: "UTC", intervals, dryRun: false })).toEqual({
        added: 0,
        known: intervals.length,
      });
    }
    const { totals } = await client.report({ from: 0, to: 8e15, zone: "UTC", dayStart: 0, by: ["task"], filter: [] });
    for (const { keys, intervals } of totals) expect([keys, intervals]).toEqual([keys, 1]);
    expect(totals.length).toBeGreaterThanOrEqual(answered.length);
    await client[Symbol.asyncDispose]();
    expect(await after.end()).toBe(0);
  }, 120_000);
});

interface Imported {
  readonly id: string;
  readonly handle: { client: string; project: string; task: string };
  readonly start: number;
  readonly end: number;
  readonly note: string;
  readonly tags: string[];
}

function importedInterval(n: number): Imported {
  const start = 1_600_000_000_000 + n * 1000;
  const handle = { client: "stream", project: "p", task: `t${n}` };
  return { id: `interval-${n}`, handle, start, end: start + 1000, note: "", tags: [] };
}

async function connect({ home, rpc }: Server): Promise<Client<typeof neilContract>> {
  const file = JSON.parse(readFileSync(join(home, "client.json"), "utf8")) as Record<string, string>;
  const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(file[name] ?? "", "base64"));
  const port = Number(rpc.split(":")[1]);
  return await dial(neilContract, { port, key: bytes("key"), psk: bytes("psk"), serverKey: bytes("serverKey") });
}
