/**
 * New keys on a line that stays: by count, bytes and time, on both sides at the same message.
 */
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { failure, start, thrown } from "./office.js";
import { framed, Wire } from "./wire.js";

const EMPTY = new Uint8Array(0);

test.each([
  ["count", { rekeyMessages: 1 }],
  ["bytes", { rekeyBytes: 1 }],
  ["time", { rekeyMs: 1 }],
])("both sides change their keys by %s under many calls, and no answer is lost", async (_, limits) => {
  const { dial, next } = await start({}, limits);
  const tell = await dial(limits);
  for (let round = 0; round < 5; round++) {
    const inputs = Array.from({ length: 64 }, (_value, i) => 64 * round + i);
    expect(await Promise.all(inputs.map((input) => tell.double(input)))).toEqual(inputs.map((input) => 2 * input));
    await wait(3);
  }
  const big = new Uint8Array(300_000).fill(5);
  expect(Buffer.from((await tell.echo(big)) as Uint8Array).equals(big)).toBe(true);
  expect(await next("rekey")).toMatchObject({ connection: "c1" });
  expect((await next("rekey")).fiber?.name).toBe("peer c1");
});

test("without a reason no key is changed", async () => {
  const { dial, server, signals } = await start();
  const tell = await dial();
  for (let i = 0; i < 20; i++) await tell.double(i);
  await tell[Symbol.asyncDispose]();
  await server.drain();
  const tags: string[] = [];
  for await (const { tag } of signals) {
    tags.push(tag);
    if (tag === "close") break;
  }
  expect(tags).not.toContain("rekey");
});

test("an empty message replaces the sender's key, and the one before opens nothing any more", async () => {
  const { port, psk, keys } = await start({}, { rekeyMessages: 1 });
  const wire = await Wire.enter({ port, psk, key: keys.privateKey });
  await wire.frame();
  wire.write(framed(wire.tx.seal(EMPTY)));
  wire.tx.rekey();
  wire.send([1, 1, "double", 4, null]);
  // The server has used its key once: before the answer it says that the next is new.
  const announced = await wire.reader.message();
  expect(wire.rx.open(announced as Buffer)).toHaveLength(0);
  const answer = (await wire.reader.message()) as Buffer;
  expect(thrown(() => wire.rx.open(answer))).toBe("NOISE_DECRYPT");
  wire.rx.rekey();
  expect(wire.rx.open(answer).length).toBeGreaterThan(4);
});

test.each([
  ["changes its key without a word", (wire: Wire) => wire.tx.rekey()],
  ["announces a new key and keeps the old one", (wire: Wire) => wire.write(framed(wire.tx.seal(EMPTY)))],
])("a peer that %s is out of step, and its connection ends", async (_, act) => {
  const { port, psk, keys, next, dial } = await start();
  const wire = await Wire.enter({ port, psk, key: keys.privateKey });
  await wire.frame();
  act(wire);
  wire.send([1, 1, "double", 4, null]);
  expect((await next("close")).code).toBe("CRYPTO");
  expect(await wire.frame()).toBe(undefined);
  expect(await (await dial()).double(2)).toBe(4);
});

test("limits of a key are integers from 1", async () => {
  for (const limits of [{ rekeyMessages: 0 }, { rekeyBytes: 1.5 }, { rekeyMs: -1 }, { rekeyMs: "1" as never }]) {
    expect((await failure(start({}, limits))).code).toBe("BAD_OPTION");
  }
});
