/**
 * The package as it is packed, for projects that check the declarations of what they depend on.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

// A compiler that checks all libraries takes seconds by itself, and many on a busy machine.
const PATIENCE_MS = 120_000;
const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const source = join(root, "packages/channel");

let project: string;
let installed: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "declarations-"));
  installed = join(project, "node_modules/@good-place/channel");
  await mkdir(installed, { recursive: true });
  const packing = ["pack", "--silent", "--offline", "--pack-destination", project];
  const { stdout } = await run("npm", packing, { cwd: source, shell: process.platform === "win32" });
  await run("tar", ["xzf", join(project, stdout.trim()), "-C", installed, "--strip-components=1"]);
}, PATIENCE_MS);
afterAll(async () => {
  await rm(project, { recursive: true, force: true });
});

const { exports } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { exports: object };

test.each([
  ["Node's types and no DOM", ["ES2023"], ["node"]],
  ["the DOM and no types of Node", ["ES2023", "DOM"], []],
  ["both", ["ES2023", "DOM"], ["node"]],
])(
  "its declarations compile with %s",
  async (_, lib, types) => {
    const imports = Object.keys(exports).map(
      (entry, i) => `export * as e${i} from "@good-place/channel${entry.slice(1)}";`,
    );
    const moving = `import { threadChannel } from "@good-place/channel/thread";
    const list = [new ArrayBuffer(8), new MessageChannel().port1];
    export const moved = threadChannel<unknown>().give(list, { transfer: list });`;
    await writeFile(join(project, "use.ts"), `${imports.join("\n")}\n${moving}\n`);
    const compilerOptions = { lib, types, typeRoots: [join(root, "node_modules/@types")], module: "nodenext" };
    const strict = { strict: true, skipLibCheck: false, noEmit: true, target: "ES2023" };
    const config = { compilerOptions: { ...compilerOptions, ...strict }, files: ["use.ts"] };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const output = await run(process.execPath, [tsc, "-p", project]).then(
      () => "",
      ({ stdout }) => stdout,
    );
    expect(output).toBe("");
  },
  PATIENCE_MS,
);

test("it has its license, as every package has, and every source that its maps name", async () => {
  const license = await readFile(join(root, "LICENSE"), "utf8");
  expect(await readFile(join(installed, "LICENSE"), "utf8")).toBe(license);
  for (const name of await readdir(join(root, "packages"))) {
    expect(await readFile(join(root, "packages", name, "LICENSE"), "utf8")).toBe(license);
  }
  const maps = (await readdir(installed, { recursive: true })).filter((file) => file.endsWith(".map"));
  for (const file of maps) {
    const { sourcesContent } = JSON.parse(await readFile(join(installed, file), "utf8"));
    expect({ file, sources: sourcesContent?.length }).toEqual({ file, sources: 1 });
  }
});
