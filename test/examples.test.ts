import { spawn } from "node:child_process";
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
  "07-supervised-restarts.ts": "INTENSITY: the cache is full of frozen yogurt",
  "06-prime-sieve.ts": "enough primes: 2 3 5 7 11 13",
  "08-deadlock.ts": "scope/Chidi waits for a take from channel skillet",
  "09-thread-pipeline.ts": "871 takes 178 steps",
  "10-http-middleware.ts": "POST /orders 409 answered",
  "11-http-uploads.ts": "neighborhood",
  "12-http-hono.ts": "signal: the app is full of bees",
};

describe("the examples", () => {
  test.each(examples)("%s runs, shows what it is about, and ends by itself", async (file) => {
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    const ran = await finished(
      spawn(process.execPath, [tsx, join(root, "examples", file)], { stdio: ["ignore", "pipe", "pipe"] }),
    );
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    expect(ran.stdout).toContain(shows[file]);
  });
});
