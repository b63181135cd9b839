/**
 * Every check but the tests, in order, all of them even when one fails: format and lint, types, dependency direction,
 * unused code, packages, docs. Ends with the list of what failed.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = readdirSync(`${root}packages`);

const checks = [
  ["build", "scripts/build.mjs"],
  ["format and lint", "node_modules/@biomejs/biome/bin/biome", "ci", "."],
  ["types of tests, bench and examples", "node_modules/typescript/bin/tsc", "-p", "test"],
  ["types of the page", "node_modules/typescript/bin/tsc", "-p", "apps/neil/page"],
  [
    "dependency direction",
    "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
    "--config",
    ".dependency-cruiser.cjs",
    "packages",
    "apps",
  ],
  ["unused code", "node_modules/knip/bin/knip.js"],
  ...packages.map((name) => [`package ${name}`, "node_modules/publint/src/cli.js", `packages/${name}`, "--strict"]),
  ...packages.map((name) => [
    `types of package ${name}`,
    "node_modules/@arethetypeswrong/cli/dist/index.js",
    "--pack",
    `packages/${name}`,
    "--profile",
    "esm-only",
    "--quiet",
  ]),
  ["docs", "scripts/check-docs.mjs"],
];

const failed = [];
for (const [name, ...command] of checks) {
  console.log(`check: ${name}`);
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}
