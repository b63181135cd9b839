/**
 * Two processes and the sockets between them, under load, while the connections are cut and the server is stopped, killed and
 * started again.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dial, generateKeys, lineOf } from "@good-place/hemple";
import { expect, onTestFinished, test } from "vitest";
import { till } from "./till-contract.js";
import { relay } from "./wire.js";

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Till {
  readonly #own = generateKeys();
  readonly #peer = generateKeys();
  readonly #psk = randomBytes(32);
  readonly #file: string;
  #child: ChildProcess | undefined;
  port = 0;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "till-"));
    this.#file = join(folder, "paid");
    onTestFinished(async () => {
      this.#child?.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    });
  }

  get secrets(): { key: Uint8Array; psk: Uint8Array; serverKey: Uint8Array } {
    return { key: this.#peer.privateKey, psk: this.#psk, serverKey: this.#own.publicKey };
  }

  /** The keys of all payments that were made. */
  get paid(): string[] {
    return readFileSync(this.#file, "utf8").split("\n").slice(0, -1);
  }

  async open(): Promise<void> {
    const hex = [this.#own.privateKey, this.#psk, this.#peer.publicKey].map((bytes) =>
      Buffer.from(bytes).toString("hex"),
    );
    const file = fileURLToPath(new URL("till.ts", import.meta.url));
    this.#child = fork(file, [String(this.port), ...hex, this.#file], { silent: true, execArgv: ["--import", "tsx"] });
    const [told] = await once(this.#child.stdout as NodeJS.ReadableStream, "data");
    this.port = Number(String(told));
  }

  async pause(ms: number): Promise<void> {
    this.#child?.kill("SIGSTOP");
    await rest(ms);
    this.#child?.kill("SIGCONT");
  }

  async replace(): Promise<void> {
    const gone = once(this.#child as ChildProcess, "exit");
    this.#child?.kill("SIGKILL");
    await gone;
    await this.open();
  }
}

test("cut, stopped and killed under load: no call runs twice, none hangs, and each gets its own answer", async () => {
  const place = new Till();
  await place.open();
  const tap = await relay(place.port);
  await using tell = await dial(till, { ...place.secrets, port: tap.port, reconnect: { minMs: 5, maxMs: 100 } });
  let open = true;
  const fulfilled: string[] = [];
  const codes = new Set<unknown>();
  const worker = async (seed: number): Promise<void> => {
    for (let i = seed; open; i++) {
      const key = randomUUID();
      try {
        expect(await tell.pay(i, { key, deadlineMs: 3000 })).toBe(key);
        fulfilled.push(key);
      } catch (error) {
        codes.add((error as { code?: unknown }).code);
      }
    }
  };
  const workers = Array.from({ length: 32 }, (_, seed) => worker(seed));
  for (let round = 0; round < 4; round++) {
    await rest(200);
    tap.cut();
    await rest(100);
    await place.pause(200);
    await rest(100);
    tap.cut();
    await rest(50);
    await place.replace();
  }
  await rest(200);
  open = false;
  // None hangs: this is not reached otherwise.
  await Promise.all(workers);
  const { paid } = place;
  expect(new Set(paid).size).toBe(paid.length);
  expect(new Set(paid)).toEqual(new Set([...paid, ...fulfilled]));
  expect(fulfilled.length).toBeGreaterThan(32);
  expect([...codes].filter((code) => code !== "CLOSED" && code !== "DEADLINE")).toEqual([]);
  expect(lineOf(tell).statistics()).toMatchObject({ waiting: 0 });
}, 120_000);

test("streams with positions come through cuts, stops and kills, whole and in order", async () => {
  const place = new Till();
  await place.open();
  const tap = await relay(place.port);
  const options = { ...place.secrets, port: tap.port, reconnect: { minMs: 5, maxMs: 100 }, creditBytes: 2000 };
  await using tell = await dial(till, options);
  const length = 5000;
  const reader = async (): Promise<number[]> => {
    const items: number[] = [];
    for await (const item of tell.log(length)) items.push(item);
    return items;
  };
  const readers = Array.from({ length: 8 }, reader);
  for (let round = 0; round < 2; round++) {
    await rest(50);
    tap.cut();
    await place.pause(100);
    await place.replace();
  }
  const whole = Array.from({ length }, (_, i) => i);
  for (const items of await Promise.all(readers)) expect(items).toEqual(whole);
  expect(lineOf(tell).statistics().connections).toBeGreaterThan(1);
}, 120_000);
