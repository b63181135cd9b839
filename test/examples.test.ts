import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finished, root } from "./e2e/harness.js";

const examples = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".ts"));

// A line that each must print: what it is there to show.
const shows: Readonly<Record<string, string>> = {
  "01-worker-pool.ts": "Eleanor failed: job 4 is cursed",
  "02-store.ts": "nothing changed: true",
  "03-journal.ts": "found 5 coins",
  "04-rpc.ts": "one toast came before one soup",
  "05-http-and-live.ts": "2: Jason",
  "06-prime-sieve.ts": "enough primes: 2 3 5 7 11 13",
  "07-supervised-restarts.ts": "INTENSITY: the cache is full of frozen yogurt",
  "08-deadlock.ts": "scope/Chidi waits for a take from channel skillet",
  "09-thread-pipeline.ts": "871 takes 178 steps",
  "10-counter.ts": "42 would become 40, and still is 42",
  "11-prompt.ts": "0 keys later the count is 0",
  "12-thread-cocoon.ts": "there are 9592 primes below 100000",
  "13-optimistic.ts": "in the end: [ 'fern' ]",
  "14-undo-redo.ts": "redone   write ship | removed test",
  "16-server-sent-events.ts": "missed: shrimp\nlisteners left: 0",
  "17-http-middleware.ts": "POST /orders 409 answered",
  "18-http-uploads.ts": "neighborhood",
  "19-http-hono.ts": "signal: the app is full of bees",
  "20-chat.ts": "Chidi leaves the kitchen: 1\nin the kitchen: Eleanor",
  "22-rpc-over-websocket.ts": "by the right server: true",
  "23-key-rotation.ts": "KEY_REFUSED\nothers go on: 802",
  "24-rpc-streams.ts": "six plates are eaten, and at most 30 are cooked",
  "25-old-acts.ts": "from last year: 120\nnow: 155\nas it was at record 2: 125\nthe copy is sound: true with 3 records",
  "26-documents.ts": "day 2 begins with 3 orders\npeanut, largest first: 2-2 (6), 1-2 (3), 2-0 (2), 1-0 (1)",
  "28-time-tracker.ts": "trimmed  acme/site/header 90, int/mail/inbox 45",
};

const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
const start = (file: string, stdin: "ignore" | "pipe"): ChildProcess =>
  spawn(process.execPath, [tsx, join(root, "examples", file)], { stdio: [stdin, "pipe", "pipe"] });

describe("the examples", () => {
  test.each(examples)("%s runs, shows what it is about, and ends by itself", async (file) => {
    const ran = await finished(start(file, "ignore"));
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    expect(ran.stdout).toContain(shows[file]);
  });

  test.each([
    ["the end of its input", "+\n+\np\n-\n0\n+\np\n?\n", true, "the count is 2", "8 keys later the count is 1"],
    ["q, though its input goes on", "++p-0+pq+++", false, "the count is 2", "7 keys later the count is 1"],
    ["Ctrl-C, as a terminal sends it", "rrr0p\u0003", false, "the count is 0", "5 keys later the count is 0"],
    ["Ctrl-D, as a terminal sends it", "---p\u0004", false, "the count is -3", "4 keys later the count is -3"],
  ])("the prompt does what its keys say, and ends with %s", async (_, keys, ends, printed, last) => {
    const prompt = start("11-prompt.ts", "pipe");
    prompt.stdin?.write(keys);
    if (ends) prompt.stdin?.end();
    const { exit, stdout, stderr } = await finished(prompt);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([printed, `${last}; take it sleazy`]));
  });

  test("the prompt ends with an interrupt", async () => {
    const prompt = start("11-prompt.ts", "pipe");
    prompt.stdout?.once("data", () => prompt.kill("SIGINT"));
    expect(await finished(prompt)).toMatchObject({ exit: 0, stderr: "" });
  });
});
