/**
 * What a bundler makes of the package for a page. It runs in Node, whatever it makes.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../packages/channel/", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as {
  exports: Record<string, { default: string }>;
};
const entries = Object.entries(exports).map(([name, { default: file }]) => [name, folder + file] as const);

async function bundle(input: string): Promise<Rolldown.OutputChunk[]> {
  const rolldownOptions = { input, preserveEntrySignatures: "strict" } as const;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, modulePreload: false, rolldownOptions },
  });
  return (built as Rolldown.RolldownOutput).output.filter((part) => part.type === "chunk");
}

test.each(entries)("the entry %s makes a bundle for pages of its own modules alone", async (name, file) => {
  const chunks = await bundle(file);
  const code = chunks.map((chunk) => chunk.code).join("");
  console.log(`${name}: ${code.length} bytes minified, ${gzipSync(code).length} compressed`);
  // A bundler for pages puts something empty in the place of Node's modules; that would be a module from elsewhere.
  const modules = chunks.flatMap((chunk) => chunk.moduleIds);
  expect(modules.length).toBeGreaterThan(0);
  expect(modules.filter((id) => !id.startsWith(`${folder}dist/`))).toEqual([]);
  expect(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])).toEqual([]);
});
