/**
 * What a bundler makes of the package for a page. It runs in Node, whatever it makes.
 */
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const shawn = fileURLToPath(new URL("../../packages/shawn/dist/index.js", import.meta.url));

// The modules of a page of this source, but for those of which nothing is left.
async function modules(source: string): Promise<string[]> {
  const page = {
    name: "page",
    resolveId: (id: string) => (id === "page" ? id : null),
    load: (id: string) => (id === "page" ? source : null),
  };
  const built = await build({
    configFile: false,
    logLevel: "silent",
    plugins: [page],
    build: { write: false, modulePreload: false, rolldownOptions: { input: "page" } },
  });
  const chunks = (built as Rolldown.RolldownOutput).output.filter((part) => part.type === "chunk");
  return chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : [])),
  );
}

test("a page that uses no thread gets nothing of their code, and nothing of Node", async () => {
  const without = await modules(`import { cocoon, shawn } from ${JSON.stringify(shawn)}; console.log(shawn, cocoon);`);
  expect(without.filter((id) => /store\.js$/.test(id))).toHaveLength(1);
  expect(without.filter((id) => /thread|node:|browser-external/.test(id))).toEqual([]);
  const used = await modules(`import { thread } from ${JSON.stringify(shawn)}; console.log(thread);`);
  expect(used.some((id) => /go-thread\.js$/.test(id))).toBe(true);
});
