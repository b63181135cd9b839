import { expect, test } from "vitest";
import { paired, run, startServer } from "./harness.js";

const ROUNDS = 3;
const COMMANDS = 4;

interface Asked {
  readonly handle: string;
  readonly exit: number | null;
  readonly queued: boolean;
}

test("two devices that race and queue while the server is killed lose nothing they were told of, and run nothing twice", async () => {
  const pair = await paired(await startServer());
  let { server } = pair;
  const homes = [server.home, pair.home];
  const neil = async (home: string, ...words: string[]) =>
    await run([...words, "--json"], { NEIL_HOME: home, NEIL_URL: server.rpc });
  const asked: Asked[] = [];
  // Work that was typed stands apart from that of the others, work that is timed races for now.
  const command = async (home: string, device: number, n: number): Promise<void> => {
    if (n % 4 === 3) return void (await neil(home, "stop"));
    const handle = `device-${device}/p/task-${n}`;
    const typed = [`2026-01-0${device + 1}`, `${n}:00-${n}:30`];
    const { exit, stdout } = await neil(
      home,
      ...(n % 2 === 0 ? ["add", handle, ...typed, "--create"] : ["start", handle, "--create"]),
    );
    asked.push({ handle, exit, queued: stdout.includes('"queued":true') });
  };
  for (let round = 0; round < ROUNDS; round++) {
    // Anywhere among the commands of a round: before them, while they are on their way, or when all is done.
    let left = Math.floor(Math.random() * COMMANDS * 2);
    const killed: Promise<unknown>[] = [];
    const fuse = (): void => {
      if (left-- === 0) killed.push(server.end("SIGKILL"));
    };
    const device = async (home: string, device: number): Promise<void> => {
      for (let n = round * COMMANDS; n < (round + 1) * COMMANDS; n++) {
        const running = command(home, device, n);
        setTimeout(fuse, Math.random() * 500);
        await running;
      }
    };
    await Promise.all(homes.map(device));
    await expect.poll(() => killed.length).toBe(1);
    await Promise.all(killed);
    server = await startServer(server.home);
  }
  const refused: string[] = [];
  for (const home of homes) {
    type Inbox = { inbox: { input: { handle?: string } }[]; queued: number };
    const inboxOf = async (): Promise<Inbox> => JSON.parse((await neil(home, "inbox")).stdout) as Inbox;
    // On a busy machine a call may be given up, and what it was to send waits on.
    const waiting = async (): Promise<number> => {
      await neil(home, "sync");
      return (await inboxOf()).queued;
    };
    await expect.poll(waiting, { timeout: 120_000 }).toBe(0);
    const { inbox } = await inboxOf();
    refused.push(...inbox.map(({ input }) => input.handle ?? "a stop"));
  }
  const { tasks } = await server.json<{ tasks: { handle: string; intervals: number }[] }>("list");
  const found = new Map(tasks.map(({ handle, intervals }) => [handle, intervals]));
  for (const { handle, exit, queued } of asked) {
    const count = found.get(handle) ?? 0;
    const told = refused.filter((each) => each === handle).length;
    // Done is there once; what waited is there once, or in the inbox of whoever asked; a refusal left nothing.
    expect([handle, exit, count + told]).toEqual([handle, exit, exit === 0 ? 1 : 0]);
    if (exit === 0 && !queued) expect([handle, count]).toEqual([handle, 1]);
  }
  expect(asked.filter(({ exit }) => exit === 0).length).toBeGreaterThanOrEqual(ROUNDS * COMMANDS);
  await server.neil("stop");
  expect(await server.neil("doctor")).toMatchObject({ stdout: expect.not.stringContaining("overlap") });
  expect(await server.end()).toBe(0);
}, 600_000);
