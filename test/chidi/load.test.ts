/**
 * Faults under load, against a server in a process of its own: what it holds, what it lets go, and what it costs. Each
 * prints its figures.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import type { Socket } from "node:net";
import { channel, sleep } from "@good-place/channel";
import type { ChidiOptions, ChidiStatistics } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { dial, rest } from "./serving.js";

interface Loaded {
  readonly port: number;
  /** The server's numbers, by a request like any other. */
  statistics(): Promise<ChidiStatistics & { readonly rss: number }>;
  /** The numbers once there is no other connection. */
  quiet: Loaded["statistics"];
  /** Drains; answers the last numbers, the failures that nobody handled, and the exit code of the process. */
  drain(): Promise<{ served: number; unhandled: number; code: number }>;
}

const script = `
  import { chidi, router } from "@good-place/chidi";
  let served = 0;
  let unhandled = 0;
  process.on("unhandledRejection", () => unhandled++);
  process.on("uncaughtException", () => unhandled++);
  const server = await chidi({
    ...JSON.parse(process.env.OPTIONS),
    port: 0,
    rules: [[{}, () => {}]],
    handler: router({
      "GET /statistics": () => ({ body: JSON.stringify({ ...server.statistics(), rss: process.memoryUsage().rss }) }),
      "GET /work": async () => {
        await new Promise((wake) => setTimeout(wake, 5));
        served++;
        return "done";
      },
      "GET /large": () => ({ body: (async function* () { for (let i = 0; i < 1024; i++) yield new Uint8Array(65536); })() }),
      "POST /body": async (request) => String((await request.bytes()).length),
    }),
  });
  process.on("message", async () => {
    await server.drain({ deadlineMs: 5000 });
    process.send({ served, unhandled });
    process.disconnect();
  });
  process.send(server.address.port);
`;

async function loaded(options: Partial<ChidiOptions>): Promise<Loaded> {
  // A small young generation, so that memory is what is held and not what has not been collected yet.
  const child = spawn(process.execPath, ["--max-semi-space-size=1", "--input-type=module", "-e", script], {
    env: { ...process.env, OPTIONS: JSON.stringify(options) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exit = once(child, "exit");
  onTestFinished(() => {
    child.kill();
  });
  const [port] = (await once(child, "message")) as [number];
  const headers = { connection: "close" };
  const statistics: Loaded["statistics"] = async () =>
    (await fetch(`http://127.0.0.1:${port}/statistics`, { headers })).json() as never;
  return {
    port,
    statistics,
    quiet: async () => {
      let now = await statistics();
      while (now.connections > 1 || now.answering > 1) now = await statistics();
      return now;
    },
    drain: async () => {
      child.send("drain");
      const [last] = (await once(child, "message")) as [{ served: number; unhandled: number }];
      return { ...last, code: (await exit)[0] as number };
    },
  };
}

// What comes of a socket that may be reset at any time.
function outcome(socket: Socket): Promise<string> {
  return rest(socket).then((text) => text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? (text === "" ? "closed" : "cut"));
}

async function tally(outcomes: readonly Promise<string>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.all(outcomes)) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const mb = (bytes: number): number => Math.round(bytes / 1024 / 1024);

test("60 clients with heads that never end are told 408, and a good client is served meanwhile", async () => {
  const { port, statistics, quiet, drain } = await loaded({ headersTimeoutMs: 2000 });
  const slow = await Promise.all(many(60, () => dial(port)));
  const outcomes = slow.map(outcome);
  for (const socket of slow) socket.write("GET / HTTP/1.1\r\nHost: a\r\n");
  const drip = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write("x: y\r\n");
  }, 100);
  onTestFinished(() => clearInterval(drip));
  let good = 0;
  let over = false;
  const ended = tally(outcomes).finally(() => {
    over = true;
  });
  while (!over) {
    expect((await statistics()).draining).toBe(false);
    good++;
  }
  const ends = await ended;
  console.info("slow heads:", ends, "good requests meanwhile:", good);
  expect(ends["408"] ?? 0).toBeGreaterThan(50);
  expect((ends["408"] ?? 0) + (ends.closed ?? 0) + (ends.cut ?? 0)).toBe(60);
  await quiet();
  expect(await drain()).toMatchObject({ unhandled: 0, code: 0 });
});

test("60 clients with bodies that stop coming are told 408", async () => {
  const { port, statistics, quiet, drain } = await loaded({ bodyIdleMs: 2000 });
  const slow = await Promise.all(many(60, () => dial(port)));
  for (const socket of slow) socket.write("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  expect((await statistics()).connections).toBeGreaterThan(1);
  const ends = await tally(slow.map(outcome));
  console.info("slow bodies:", ends);
  expect(ends).toEqual({ "408": 60 });
  await quiet();
  expect(await drain()).toMatchObject({ unhandled: 0, code: 0 });
});

test("30 clients that do not read 64 MB each are cut off, cost little memory, and keep nobody else waiting", async () => {
  const { port, statistics, drain } = await loaded({ writeIdleMs: 2000 });
  const before = (await statistics()).rss;
  const slow = await Promise.all(many(30, () => dial(port)));
  while ((await statistics()).connections < 31) await sleep(5);
  for (const socket of slow) socket.pause().write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  let most = 0;
  for (let now = await statistics(); now.connections > 1; now = await statistics()) {
    most = Math.max(most, now.rss - before);
  }
  console.info("30 slow readers: memory", mb(most), "MB");
  expect(mb(most)).toBeLessThan(100);
  expect(await drain()).toMatchObject({ unhandled: 0, code: 0 });
});

test("200 heads too large are 431 and cost little memory", async () => {
  const { port, quiet, drain } = await loaded({});
  const bombs = [
    `x: ${"x".repeat(17_000)}\r\n`,
    "a: b\r\n".repeat(5000),
    "a:\r\n".repeat(3000),
    `x: ${"y".repeat(4_000_000)}`,
  ];
  const burst = async (count: number): Promise<Record<string, number>> => {
    const sockets = await Promise.all(many(count, () => dial(port)));
    const outcomes = sockets.map(outcome);
    sockets.forEach((socket, i) => void socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${bombs[i % bombs.length]}\r\n`));
    return tally(outcomes);
  };
  await burst(40);
  const before = (await quiet()).rss;
  const ends = await burst(200);
  const grown = (await quiet()).rss - before;
  console.info("header bombs:", ends, "memory", mb(grown), "MB");
  // Who is slow to send megabytes may be cut off before it looks for the answer.
  expect((ends["431"] ?? 0) + (ends.closed ?? 0) + (ends.cut ?? 0)).toBe(200);
  expect(ends["431"]).toBeGreaterThanOrEqual(150);
  // Held, they would be 160 MB more than those before.
  expect(mb(grown)).toBeLessThan(80);
  expect(await drain()).toMatchObject({ unhandled: 0, code: 0 });
});

test("a flood of twice maxConnections loses the excess at once, and those inside are served", async () => {
  const { port, drain } = await loaded({ maxConnections: 100 });
  const sockets = await Promise.all(many(200, () => dial(port)));
  const refused = channel<true>(200);
  for (const socket of sockets) socket.once("end", () => refused.tryGive(true));
  const outcomes = sockets.map(outcome);
  for (let i = 0; i < 100; i++) await refused.take();
  for (const socket of sockets) {
    if (socket.writable) socket.write("GET /work HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  const ends = await tally(outcomes);
  console.info("flood:", ends);
  expect(ends).toEqual({ "200": 100, closed: 100 });
  expect(await drain()).toMatchObject({ served: 100, unhandled: 0, code: 0 });
});

test("500 clients that reset in the middle of a request leave nothing behind", async () => {
  const { port, quiet, drain } = await loaded({});
  const heads = [
    "GET /work HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
    "GET / HT",
    "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  ];
  for (let round = 0; round < 10; round++) {
    const sockets = await Promise.all(many(50, () => dial(port)));
    sockets.forEach((socket, i) => void socket.write(heads[i % heads.length] as string));
    await new Promise(setImmediate);
    for (const socket of sockets) socket.resetAndDestroy();
  }
  const now = await quiet();
  console.info("resets:", now);
  expect(now).toMatchObject({ failed: 0 });
  expect(await drain()).toMatchObject({ unhandled: 0, code: 0 });
});

test("a drain under load answers every request that it has begun, and the process exits", async () => {
  const { port, drain } = await loaded({});
  const agent = new Agent({ keepAlive: true });
  let answered = 0;
  let lost = 0;
  let stop = false;
  let draining: ReturnType<Loaded["drain"]> | undefined;
  const work = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ port, host: "127.0.0.1", path: "/work", agent }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.once("end", () => resolve(body)).once("error", reject);
      }).once("error", reject);
    });
  const client = async (): Promise<void> => {
    while (!stop) {
      try {
        expect(await work()).toBe("done");
        if (++answered === 500) draining = drain();
      } catch {
        lost++;
        if (draining !== undefined) return;
      }
    }
  };
  await Promise.all(many(20, client));
  stop = true;
  agent.destroy();
  const last = await (draining as NonNullable<typeof draining>);
  console.info("drain under load:", { answered, lost, ...last });
  expect(last).toEqual({ served: answered, unhandled: 0, code: 0 });
  expect(lost).toBe(20);
});
