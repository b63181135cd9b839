/** The command line, as people and scripts call it. */

import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMansion, verifyMansion } from "@good-place/mansion";
import { expect, onTestFinished, test } from "vitest";
import { finished, root } from "../e2e/harness.js";
import { attempt, furnished, helper, record, records, tempFolder } from "./fixtures.js";

interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface How {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly node?: readonly string[];
  readonly shell?: string;
}

async function mansion(args: readonly string[], { input = "", cwd, node = [], shell }: How = {}): Promise<Ran> {
  const main = join(root, "packages/mansion/bin/mansion.js");
  const words = [process.execPath, ...node, main, ...args];
  const [file, ...rest] = shell === undefined ? words : ["bash", "-c", shell, ...words];
  const child = spawn(file as string, rest, { stdio: ["pipe", "pipe", "pipe"], cwd });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return (await finished(child)) as Ran;
}

test("verify says that all is sound and ends with 0, or what is not and ends with 3", async () => {
  const path = await furnished(20);
  expect(await mansion(["verify", path])).toStrictEqual({
    exit: 0,
    stdout: "journal office: 20 of 20 records sound\nsound\n",
    stderr: "",
  });
  const data = join(path, "data.mdb");
  const bytes = readFileSync(data);
  const at = bytes.indexOf('"id":"a7"');
  bytes[at + 6] = 0x58;
  writeFileSync(data, bytes);
  const { exit, stdout } = await mansion(["verify", path]);
  expect([exit, stdout]).toStrictEqual([
    3,
    expect.stringMatching(/6 of 20 records sound\nJOURNAL_CORRUPT: .*record 7 \(crc\)/),
  ]);
  const json = JSON.parse((await mansion(["verify", path, "--json"])).stdout);
  expect(json).toMatchObject({ sound: false, problems: [{ code: "JOURNAL_CORRUPT", journal: "office", seq: 7 }] });
});

test("repair saves what is sound into another folder, only when it is told to", async () => {
  const path = await furnished(20);
  truncateSync(join(path, "data.mdb"), 12_000);
  expect(await mansion(["repair", path])).toMatchObject({ exit: 2, stderr: expect.stringContaining("--salvage") });
  const out = join(tempFolder(), "out");
  expect(await mansion(["repair", path, "--salvage", "--out", out])).toMatchObject({ stderr: "" });
  const { found, error } = await attempt(out);
  expect([error, found]).toStrictEqual([undefined, records(1, found.length)]);
  expect(await mansion(["repair", path, "--salvage", "--out", out])).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("MANSION_EXISTS"),
  });
});

test("export and import go through a pipe, beside whoever writes, and a journal as it was at a record", async () => {
  const path = await furnished(30);
  expect(await helper("hold.mjs", [path]).line()).toBe("held");
  const exported = await mansion(["export", path, "office", "--to-record", "12"]);
  expect(exported).toMatchObject({ exit: 0, stderr: "" });
  expect(exported.stdout.trimEnd().split("\n")).toHaveLength(13);
  const target = tempFolder();
  expect(await mansion(["import", target, "office"], { input: exported.stdout })).toMatchObject({
    exit: 0,
    stderr: "",
  });
  expect((await attempt(target)).found).toStrictEqual(records(1, 12));
  const file = join(target, "lines");
  expect(await mansion(["export", path, "office", "--out", file])).toMatchObject({ exit: 0, stderr: "" });
  expect(await mansion(["import", target, "office", file])).toMatchObject({
    exit: 0,
    stdout: "journal office has 30 records\n",
  });
  expect(await mansion(["export", path, "office", "--out", file])).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("EEXIST"),
  });
});

test("import takes records that are larger than the usual limit", async () => {
  const path = tempFolder();
  const large = [record(1), record(2, "x".repeat(17 << 20))];
  const writer = await openMansion({ path, maxRecordBytes: 1 << 25 });
  await writer.journal("office").append(large);
  await writer.close();
  const [file, target] = [join(path, "lines"), tempFolder()];
  expect(await mansion(["export", path, "--out", file])).toMatchObject({ exit: 0 });
  expect(await mansion(["import", target, "office", file])).toMatchObject({ exit: 0 });
  expect((await attempt(target)).found).toStrictEqual(large);
});

test("export takes the only journal, and import the one that the lines name", async () => {
  const path = await furnished(8);
  const { stdout } = await mansion(["export", path]);
  const target = tempFolder();
  expect(await mansion(["import", target], { input: stdout })).toMatchObject({
    exit: 0,
    stdout: "journal office has 8 records\n",
  });
  expect(await mansion(["import", target, "home"], { input: stdout })).toMatchObject({ exit: 0, stderr: "" });
  expect(await mansion(["export", target])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("JOURNAL is missing; there are home, office"),
  });
});

test("a command that meets damage says where, and ends with 3", async () => {
  const path = await furnished(20);
  const data = join(path, "data.mdb");
  const bytes = readFileSync(data);
  bytes[bytes.indexOf('"id":"a7"') + 6] = 0x58;
  writeFileSync(data, bytes);
  const exported = await mansion(["export", path]);
  expect(exported).toMatchObject({ exit: 3, stderr: expect.stringMatching(/JOURNAL_CORRUPT: .*record 7 \(crc\)/) });
  expect(exported.stdout.trimEnd().split("\n")).toHaveLength(7);
  expect(await mansion(["stats", path])).toMatchObject({ exit: 3, stdout: expect.stringContaining("1 problem found") });
  truncateSync(data, 9000);
  const backedUp = await mansion(["backup", path, join(tempFolder(), "copy")]);
  expect(backedUp).toMatchObject({ exit: 3, stderr: expect.stringContaining("MANSION_CORRUPT") });
});

test("what is no folder, or must not be read, is named as such and not as locked", async () => {
  const path = await furnished(1);
  const file = join(path, "mansion.json");
  for (const command of [["verify"], ["stats"], ["export"], ["repair", "--salvage"]]) {
    const ran = await mansion([...command, file]);
    expect(ran).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(/MANSION_PATH: .*ENOTDIR/) });
  }
});

test("repair of the folder that it is called in makes the new one beside it", async () => {
  const path = join(tempFolder(), "my office");
  cpSync(await furnished(3), path, { recursive: true });
  expect(await mansion(["repair", ".", "--salvage"], { cwd: path })).toMatchObject({ exit: 0, stderr: "" });
  expect((await attempt(`${path}.salvaged`)).found).toStrictEqual(records(1, 3));
  expect(readdirSync(path).sort()).toStrictEqual(["data.mdb", "lock.mdb", "mansion.json"]);
});

test("import takes a mark of the byte order, CRLF and no last line feed, and refuses what is no text by its line", async () => {
  const { stdout } = await mansion(["export", await furnished(3)]);
  const target = tempFolder();
  const input = `\ufeff${stdout.trimEnd().replaceAll("\n", "\r\n")}`;
  expect(await mansion(["import", target], { input })).toMatchObject({ exit: 0, stderr: "" });
  expect((await attempt(target)).found).toStrictEqual(records(1, 3));
  const broken = Buffer.concat([Buffer.from(stdout.split("\n").slice(0, 2).join("\n")), Buffer.from([10, 0xff, 10])]);
  expect(await mansion(["import", target, "other"], { input: broken })).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/JOURNAL_UNREADABLE: line 3 .*UTF-8/),
  });
});

test("import of nothing is a mistake, and makes nothing", async () => {
  const path = join(tempFolder(), "new");
  expect(await mansion(["import", path, "office"])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("there are no lines"),
  });
  expect(existsSync(path)).toBe(false);
});

test("import refuses a line without an end before it fills the memory", { timeout: 120_000 }, async () => {
  const input = Buffer.alloc(110e6, "x");
  expect(await mansion(["import", tempFolder(), "office"], { input })).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/JOURNAL_UNREADABLE: line 1 .*MB/),
  });
});

test("import and repair hold no more than a part of large records in memory", { timeout: 240_000 }, async () => {
  const path = tempFolder();
  const opened = await openMansion({ path, durability: "memory" });
  for (let seq = 1; seq <= 30; seq++) await opened.journal("office").append([record(seq, "x".repeat(4e6))]);
  await opened.close();
  const [file, copy] = [join(path, "lines"), tempFolder()];
  const heap = ["--max-old-space-size=64"];
  expect(await mansion(["export", path, "--out", file], { node: heap })).toMatchObject({ exit: 0 });
  expect(await mansion(["import", copy, "office", file], { node: heap })).toMatchObject({ exit: 0 });
  expect(await mansion(["repair", copy, "--salvage"], { node: heap })).toMatchObject({ exit: 0 });
  onTestFinished(() => rmSync(`${copy}.salvaged`, { recursive: true }));
  expect(await verifyMansion(`${copy}.salvaged`)).toMatchObject({ sound: true, journals: [{ records: 30 }] });
});

test.skipIf(process.platform === "win32").each(["--out FILE", "> FILE"])(
  "export %s fails when not all of its last line could be written",
  async (to) => {
    const path = await furnished(1);
    await using opened = await openMansion({ path });
    await opened.journal("office").append([record(2, "x".repeat(4000))]);
    const file = join(path, "lines");
    const shell = `ulimit -f 4 && exec "$0" "$@" ${to.replace("FILE", `'${file}'`)}`;
    const ran = await mansion(["export", path], { shell });
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringMatching(/MANSION_PATH: .*EFBIG/) });
    expect(statSync(file).size).toBeGreaterThan(1000);
  },
);

test("repair makes nothing where nothing is left", async () => {
  const path = await furnished(20);
  truncateSync(join(path, "data.mdb"), 9000);
  const out = join(tempFolder(), "out");
  const ran = await mansion(["repair", "--salvage", path, "--out", out]);
  expect(ran).toMatchObject({ exit: 3, stdout: "nothing was found that could be saved, and nothing was made\n" });
  expect(existsSync(out)).toBe(false);
});

test("backup copies, and stats says what is in it", async () => {
  const path = await furnished(5);
  const target = join(tempFolder(), "copy");
  expect(await mansion(["backup", path, target])).toMatchObject({ exit: 0, stderr: "" });
  expect((await attempt(target)).found).toStrictEqual(records(1, 5));
  expect(await mansion(["stats", target])).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining("journal office: 5 records"),
  });
  expect(JSON.parse((await mansion(["stats", target, "--json"])).stdout)).toMatchObject({
    sound: true,
    journals: [{ records: 5 }],
  });
});

test.each([
  [["verfy", "x"], 2, 'there is no command "verfy"; did you mean "verify"?'],
  [["verify"], 2, "PATH is missing"],
  [["verify", "a", "b"], 2, '"b" is one word too many'],
  [["verify", "/nowhere/at/all"], 1, "MANSION_PATH"],
  [["export", "x"], 1, "MANSION_PATH"],
  [["import", "x"], 2, "JOURNAL is missing, and the first line does not name one"],
  [["export", "x", "office", "--to-recrd", "5"], 2, 'there is no option "--to-recrd"; did you mean "to-record"?'],
  [["export", "x", "office", "--to-record", "-5"], 2, "to-record"],
  [["import", "x", "office", "/nowhere/at/all"], 1, "ENOENT"],
  [["backup", "x"], 2, "TARGET is missing"],
] as const)("%j ends with %d and says why in one line", async (args, exit, why) => {
  const ran = await mansion(args.map((word) => (word === "x" ? join(tempFolder(), "none") : word)));
  expect(ran).toMatchObject({ exit, stdout: "", stderr: expect.stringContaining(why) });
  expect(ran.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a journal that is not there is not made: export names those that are", async () => {
  const path = await furnished(1);
  expect(await mansion(["export", path, "ofice"])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("there is office"),
  });
  await using opened = await openMansion({ path });
  expect(opened.journals).toStrictEqual(["office"]);
});

test("help names every command, and what each takes", async () => {
  const { exit, stdout } = await mansion(["help"]);
  expect(exit).toBe(0);
  for (const name of ["verify", "stats", "export", "import", "backup", "repair"])
    expect(stdout).toContain(`mansion ${name} PATH`);
  expect((await mansion(["repair", "--help"])).stdout).toContain("--salvage");
});
