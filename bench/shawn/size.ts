/**
 * The bytes that an app pays for a store: the smallest app that counts, bundled as Vite does it, for production. The
 * bundle is run, too: one from which something was shaken that it needs has no size.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import type { Runner } from "../harness.js";

/** Bytes of the bundle of `counter/<name>.ts`, without the modules that are `external`. */
export function bytesOf(name: string, zipped: boolean, external: readonly RegExp[] = []): Runner {
  return async () => {
    const code = await bundled(name, external);
    if (external.length === 0) await counts(name, code);
    return zipped ? gzipSync(code, { level: 9 }).length : Buffer.byteLength(code);
  };
}

async function bundled(name: string, external: readonly RegExp[]): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(`counter/${name}.ts`, import.meta.url)),
    external: [...external],
    platform: "browser",
    transform: {
      define: { "process.env.NODE_ENV": '"production"', "import.meta.env": '{"MODE":"production"}' },
    },
  });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  const [chunk, ...more] = output;
  if (more.length > 0) throw new Error(`the counter of ${name} is more than one file`);
  return chunk.code;
}

async function counts(name: string, code: string): Promise<void> {
  const { seen } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  if (String(seen) !== "1,2") throw new Error(`the bundled counter of ${name} has seen ${seen}, not 1,2`);
}
