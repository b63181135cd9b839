/** Opening: options, paths that cannot be a mansion, and what a new mansion looks like. */

import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MansionError, type MansionOptions, openMansion } from "@good-place/mansion";
import { open } from "lmdb";
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

test("an LMDB environment that no mansion made is refused with MANSION_CORRUPT and left as it is", async () => {
  const path = tempFolder();
  const root = open<string, Uint8Array>({ path, noSubdir: false, overlappingSync: false, keyEncoding: "binary" });
  await root.put(Buffer.from("key"), "value");
  await root.close();
  await expect(openMansion({ path })).rejects.toMatchObject({ code: "MANSION_CORRUPT", path });
  expect(readdirSync(path).sort()).toStrictEqual(["data.mdb", "lock.mdb"]);
});
