/** Opening: options, paths that cannot be a mansion, and what a new mansion looks like. */

import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MansionError, type MansionOptions, openMansion } from "@good-place/mansion";
import { open, type RootDatabase } from "lmdb";
import { expect, test } from "vitest";
import { tempFolder } from "./fixtures.js";

test("an unknown option is refused with the one that was meant", async () => {
  const options = { path: tempFolder(), durabilty: "memory" } as unknown as MansionOptions;
  const refusal = await openMansion(options).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(TypeError);
  expect(refusal).toMatchObject({ code: "UNKNOWN_OPTION", message: expect.stringContaining('"durability"') });
  expect(readdirSync(options.path)).toStrictEqual([]);
});

test.each([undefined, null, {}, { path: "" }, { path: 5 }, { path: "a\0b" }, { path: "a", durability: "os" }])(
  "options that are wrong are refused with BAD_OPTION: %j",
  async (options) => {
    await expect(openMansion(options as MansionOptions)).rejects.toMatchObject({ code: "BAD_OPTION" });
  },
);

test.each(["", "a/b", "a b", "é", "x".repeat(101), 5])(
  "a journal name is refused with JOURNAL_NAME: %j",
  async (name) => {
    await using mansion = await openMansion({ path: tempFolder() });
    expect(() => mansion.journal(name as string)).toThrow(expect.objectContaining({ code: "JOURNAL_NAME" }));
  },
);

test("a missing folder is made, with its parents, for its owner alone", async () => {
  const path = join(tempFolder(), "a", "b");
  await using mansion = await openMansion({ path });
  expect(mansion).toMatchObject({ path, durability: "disk" });
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(readdirSync(path).sort()).toStrictEqual(["data.mdb", "lock", "lock.mdb", "mansion.json"]);
  for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077, name).toBe(0);
});

test("a path that is a file, or lies under one, is refused with MANSION_PATH", async () => {
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "under")]) {
    const refusal = await openMansion({ path }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MansionError);
    expect(refusal).toMatchObject({ code: "MANSION_PATH", path, message: expect.stringContaining(path) });
  }
});

test.skipIf(process.getuid?.() === 0)("a folder that cannot be written is refused with MANSION_PATH", async () => {
  const path = join(tempFolder(), "closed");
  mkdirSync(path, { mode: 0o500 });
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_PATH", path });
  chmodSync(path, 0o700);
});

test.runIf(process.platform === "linux")(
  "a path that the system refuses to make is refused with MANSION_PATH",
  async () => {
    await expect(openMansion({ path: "/proc/mansion/a" })).rejects.toMatchObject({ code: "MANSION_PATH" });
  },
);

const id = randomUUID();
test.each([
  ["its own key", ["key"], "value"],
  ["our key and a value of its own", ["mansion"], "hello"],
  ["our key and value, and others beside it", ["mansion", "mansions", "users"], id],
])(
  "an LMDB environment that no mansion made is refused with MANSION_CORRUPT and left as it is: %s",
  async (_, keys, value) => {
    const path = tempFolder();
    const root = environment(path);
    for (const key of keys) await root.put(Buffer.from(key), Buffer.from(value));
    await root.close();
    await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_CORRUPT", path });
    expect(readdirSync(path).sort()).toStrictEqual(["data.mdb", "lock.mdb"]);
    const again = environment(path);
    expect([...again.getRange()].map(({ key, value }) => `${key} ${value}`)).toStrictEqual(
      keys.map((key) => `${key} ${value}`),
    );
    await again.close();
  },
);

// What a process leaves that ends while it makes a mansion.
test.each([
  ["an empty file", undefined],
  ["an environment with nothing in it", []],
  ["an environment with its id alone", ["mansion"]],
])("a mansion whose making was cut off is made to its end: %s", async (_, keys) => {
  const path = tempFolder();
  if (keys === undefined) writeFileSync(join(path, "data.mdb"), "");
  else {
    const root = environment(path);
    await root.put(Buffer.from("mansion"), Buffer.from(id));
    if (keys.length === 0) await root.remove(Buffer.from("mansion"));
    await root.close();
  }
  await using mansion = await openMansion({ path });
  expect(mansion.journals).toStrictEqual([]);
  if (keys?.length === 1) expect(JSON.parse(readFileSync(join(path, "mansion.json"), "utf8"))).toMatchObject({ id });
});

function environment(path: string): RootDatabase<Buffer, Uint8Array> {
  return open({ path, noSubdir: false, overlappingSync: false, encoding: "binary", keyEncoding: "binary" });
}
