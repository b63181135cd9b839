/**
 * Secrets in files, and prints of keys for people to compare.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint, generateKeys, loadSecret, publicKey, saveSecret } from "@good-place/hemple";
import { expect, onTestFinished, test } from "vitest";
import { failure, thrown } from "./office.js";

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "hemple-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a secret is saved for its owner alone, once, and loaded as it was", async () => {
  const folder = place();
  const path = join(folder, "server.key");
  const { privateKey, publicKey: shown } = generateKeys();
  await saveSecret(path, privateKey);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const loaded = await loadSecret(path);
  expect(loaded).toEqual(privateKey);
  expect(publicKey(loaded)).toEqual(shown);
  const before = readFileSync(path);
  expect((await failure(saveSecret(path, generateKeys().privateKey))).code).toBe("SECRET_FILE");
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(folder)).toEqual(["server.key"]);
});

test("of savers at once one wins, and its secret is whole", async () => {
  const path = join(place(), "psk");
  const secrets = Array.from({ length: 8 }, () => generateKeys().privateKey);
  const outcomes = await Promise.allSettled(secrets.map((secret) => saveSecret(path, secret)));
  const winners = secrets.filter((_, i) => outcomes[i]?.status === "fulfilled");
  expect(winners).toHaveLength(1);
  expect(await loadSecret(path)).toEqual(winners[0]);
});

test("a file that others can read, that is damaged or not there is refused, and its text is not told", async () => {
  const path = join(place(), "key");
  expect(await failure(loadSecret(path))).toMatchObject({ code: "SECRET_FILE", cause: { code: "ENOENT" } });
  await saveSecret(path, generateKeys().privateKey);
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    expect((await failure(loadSecret(path))).code).toBe("SECRET_FILE");
  }
  for (const text of ["", "hush-hush", "0".repeat(64), `${"a1".repeat(32)}\nmore`, "a1".repeat(1000)]) {
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    const { code, message } = await failure(loadSecret(path));
    expect(code).toBe("SECRET_FILE");
    if (text !== "") expect(message).not.toContain(text.slice(0, 6));
  }
  expect((await failure(saveSecret(path, new Uint8Array(32)))).code).toBe("NOISE_KEY");
  expect((await failure(saveSecret(path, "a1" as never))).code).toBe("NOISE_KEY");
});

test("a fingerprint is short, the same every time, and of that key alone", () => {
  const keys = Array.from({ length: 100 }, () => generateKeys().publicKey);
  const prints = new Set(keys.map((key) => fingerprint(key)));
  expect(prints.size).toBe(100);
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){7}$/);
  expect(fingerprint(keys[0] as Uint8Array)).toBe(fingerprint(new Uint8Array(keys[0] as Uint8Array)));
  expect(thrown(() => fingerprint(new Uint8Array(31)))).toBe("NOISE_KEY");
});
