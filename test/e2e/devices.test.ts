import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, dial } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import { describe, expect, test, vi } from "vitest";
import { newHome, type Ran, run, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Work {
  handle: string;
  start: string;
  end: string | null;
  ms: number;
}
interface Last {
  intervals: Work[];
}

async function parsed<T>(ran: Promise<Ran>): Promise<T> {
  const { stdout, stderr } = await ran;
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

/** A second device, let in by the keys that both show while the server runs. */
async function paired(server: Server): Promise<{ server: Server; neil: (...args: string[]) => Promise<Ran> }> {
  const home = newHome();
  const asked = await parsed<{ key: string; fingerprint: string }>(run(["pair", "--json"], { NEIL_HOME: home }));
  const accepted = await server.json<{ fingerprint: string; invitation: string; serverFingerprint: string }>(
    ...["pair", "accept", "laptop", asked.key],
  );
  expect(accepted.fingerprint).toBe(asked.fingerprint);
  const joined = await parsed<{ serverFingerprint: string }>(
    run(["pair", "join", server.rpc, accepted.invitation, "--json"], { NEIL_HOME: home }),
  );
  expect(joined.serverFingerprint).toBe(accepted.serverFingerprint);
  return { server, neil: (...args) => run(args, { NEIL_HOME: home }) };
}

describe("two devices", () => {
  test("are paired by the fingerprints of keys that each has made, and the log tells them apart", async () => {
    const { server, neil } = await paired(await startServer());
    expect(await neil("start", "acme/site/header")).toMatchObject({ exit: 0 });
    await server.json("stop");
    const { acts } = await server.json<{ acts: { by: string }[] }>("log", "--acts");
    expect(acts.map(({ by }) => by)).toEqual(["this machine", "laptop"]);
    expect(await server.end()).toBe(0);
  });

  test("are let in and locked out at once, and the machine of the server cannot lock itself out", async () => {
    const { server, neil } = await paired(await startServer());
    expect(await neil("start", "acme/site/header")).toMatchObject({ exit: 0 });
    const { devices } = await server.json<{ devices: { name: string }[] }>("pair", "list");
    expect(devices.map(({ name }) => name)).toEqual(["this machine", "laptop"]);
    expect(await server.neil("pair", "rm", "this machine")).toMatchObject({ exit: 2 });
    expect(await server.neil("pair", "rm", "phone")).toMatchObject({ exit: 1 });
    expect((await server.neil("pair", "rm", "laptop")).stdout).toContain("from now on");
    expect(await neil()).toMatchObject({ exit: 6 });
    expect(await server.neil()).toMatchObject({ exit: 0 });
    expect(await server.end()).toBe(0);
  });

  test("that race for one timeline get one start, and the other is refused with what runs", async () => {
    const { server, neil } = await paired(await startServer());
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all([
        server.neil("start", "acme/site/desk", "--create"),
        neil("start", "acme/site/lap", "--create"),
      ]);
      expect(both.map(({ exit }) => exit).sort()).toEqual([0, 3]);
      await server.json("stop");
    }
    const { intervals } = await server.json<Last>("last");
    expect(intervals).toHaveLength(3);
    expect(await server.end()).toBe(0);
  });
});

describe("without the server", () => {
  test("work is queued with its time, settled in order when the server is back, and what clashes goes to the inbox", async () => {
    const server = await startServer();
    await server.json("start", "acme/site/header");
    expect(await server.end()).toBe(0);
    const offline = await server.neil("stop", "on the train");
    expect(offline).toMatchObject({ exit: 0, stdout: "" });
    expect(offline.stderr).toContain("queued");
    expect(await server.json("start", "int/mail/inbox")).toMatchObject({ queued: true });
    await server.json("add", "acme/site/footer", "2026-01-05", "9:00-10:00");
    await server.json("add", "acme/site/footer", "2026-01-05", "9:30-10:30");
    // What has to know the office cannot wait.
    expect(await server.neil("undo")).toMatchObject({ exit: 4 });
    const queuedAt = Date.now();
    const again = await startServer(server.home);
    const settled = await again.neil("last", "--json");
    expect(settled.stderr).toContain("3 queued commands settled");
    const { intervals } = JSON.parse(settled.stdout) as Last;
    expect(intervals.map(({ handle, end }) => [handle, end === null])).toEqual([
      ["int/mail/inbox", true],
      ["acme/site/header", false],
      ["acme/site/footer", false],
    ]);
    expect(Date.parse(intervals[0]?.start ?? "")).toBeLessThanOrEqual(queuedAt);
    const { inbox } = await again.json<{ inbox: { code: string; name: string }[] }>("inbox");
    expect(inbox).toMatchObject([{ code: "OVERLAP", name: "interval/add" }]);
    // Nothing is resolved by itself: it stays there until somebody makes room, or drops it.
    expect((await again.json<{ inbox: unknown[] }>("inbox", "retry", "1")) satisfies object).toMatchObject({
      inbox: 1,
    });
    await again.json("rm", "@3");
    expect(await again.json("inbox", "retry", "1")).toMatchObject({ inbox: 0 });
    expect((await again.json<Last>("last")).intervals[2]).toMatchObject({ handle: "acme/site/footer", ms: 3_600_000 });
    expect(await again.end()).toBe(0);
  });
});

describe("kill -9 under two devices", () => {
  test("loses nothing that was answered, and what is asked again with its id is run once", async () => {
    const home = newHome();
    const asked: Added[] = [];
    const answered = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const server = await startServer(home);
      const enough = answered.size + 40;
      const device = async (): Promise<void> => {
        const neil = await connect(server);
        for (;;) {
          const input = added(asked.length);
          asked.push(input);
          await neil["interval/add"](input);
          answered.add(input.command);
          if (answered.size >= enough) server.process.kill("SIGKILL");
        }
      };
      // Each device ends when its connection does.
      await Promise.allSettled([device(), device(), device(), device()]);
      await server.end("SIGKILL");
    }
    const after = await startServer(home);
    const neil = await connect(after);
    const all = (): PromiseLike<{ id: string }[]> => neil.entries({ from: 0, to: Date.now(), limit: 2000 });
    const kept = new Set((await all()).map(({ id }) => id));
    for (const command of answered) expect(kept.has(command), command).toBe(true);
    // Nobody knows what became of the others: all are asked again, and each is there once.
    for (const input of asked) await neil["interval/add"](input);
    expect((await all()).map(({ id }) => id).sort()).toEqual(asked.map(({ command }) => command).sort());
    expect(asked.length).toBeGreaterThan(answered.size);
    await neil[Symbol.asyncDispose]();
    expect(await after.end()).toBe(0);
  });

  interface Added {
    readonly command: string;
    readonly handle: string;
    readonly create: boolean;
    readonly start: number;
    readonly end: number;
    readonly note: string;
    readonly tags: string[];
    readonly zone: string;
  }

  function added(n: number): Added {
    const start = 1_600_000_000_000 + n * 1000;
    const rest = { create: true, note: "", tags: [], zone: "UTC" };
    return { command: `add-${n}`, handle: `acme/site/task-${n % 5}`, start, end: start + 1000, ...rest };
  }

  async function connect({ home, rpc }: Server): Promise<Client<typeof neilContract>> {
    const file = JSON.parse(readFileSync(join(home, "client.json"), "utf8")) as Record<string, string>;
    const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(file[name] ?? "", "base64"));
    const port = Number(rpc.split(":")[1]);
    return await dial(neilContract, { port, key: bytes("key"), psk: bytes("psk"), serverKey: bytes("serverKey") });
  }
});
