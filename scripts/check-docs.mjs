/**
 * Keeps the docs true: every error code of the sources has a heading in docs/errors.md and the other way round, and every
 * promise in docs/guarantees.md, and every attack in docs/security.md, names a test that exists.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const problems = [];

const sources = ["packages", "apps"].flatMap((folder) => files(join(root, folder)));
const text = sources.map((file) => readFileSync(file, "utf8")).join("\n");
// A code is the string with which an error is made: misuse("type", "CODE", ...) and new SomeError("CODE", ...).
const made = new Set(
  [...text.matchAll(/(?:misuse\(\s*"(?:type|range)",|misuse\(|(?:Error|Refused)\()\s*"([A-Z][A-Z0-9_]+)"/g)].map(
    ([, code]) => code,
  ),
);
const documented = new Set([...read("docs/errors.md").matchAll(/^### ([A-Z0-9_]+)/gm)].map(([, code]) => code));
for (const code of made) if (!documented.has(code)) problems.push(`docs/errors.md has no heading for ${code}`);
for (const code of documented) {
  if (!text.includes(`"${code}"`)) problems.push(`docs/errors.md has ${code}, which no source makes`);
}

const promises = [...read("docs/guarantees.md").matchAll(/^- .*$(?:\n {2}.*$)*/gm)].map(([promise]) => promise);
for (const promise of promises) {
  const tests = [...promise.matchAll(/`(test\/[^`]+)`:\s+"([^"]+)"/g)];
  if (tests.length === 0) problems.push(`docs/guarantees.md names no test for: ${promise.slice(0, 80)}`);
  for (const [, file, title] of tests) {
    if (!existsSync(join(root, file))) problems.push(`docs/guarantees.md names ${file}, which does not exist`);
    else if (!read(file).includes(title))
      problems.push(`${file} has no test "${title}", which docs/guarantees.md names`);
  }
}

for (const [, file, title] of read("docs/security.md").matchAll(/^\|.*`(\w+\.test\.ts)`: "(.*)"\s*\|$/gm)) {
  if (!read(`test/hemple/${file}`).includes(title))
    problems.push(`docs/security.md names no test of ${file}: "${title}"`);
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

function read(path) {
  return readFileSync(join(root, path), "utf8");
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["dist", "node_modules"].includes(entry.name) ? [] : files(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}
