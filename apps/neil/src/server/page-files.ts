/**
 * The page's built files, read into memory at the start: so that the server answers from one consistent build.
 */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NeilError } from "../errors.js";

export interface PageFile {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const SAFETY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The files by the path under which they are asked for. */
export function pageFiles(
  folder: string = fileURLToPath(new URL("../page/", import.meta.url)),
): ReadonlyMap<string, PageFile> {
  try {
    const files = new Map<string, PageFile>();
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      // The names of the assets carry a hash of their content.
      const cache = name === "index.html" ? "no-cache" : "public, max-age=31536000, immutable";
      const headers = { ...SAFETY, "content-type": type, "cache-control": cache };
      files.set(`/${name === "index.html" ? "" : name.replaceAll("\\", "/")}`, {
        status: 200,
        headers,
        body: readFileSync(join(folder, name)),
      });
    }
    if (files.has("/")) return files;
  } catch (cause) {
    throw new NeilError("NOT_BUILT", `the page in ${folder} cannot be read; build it: npm run build`, { cause });
  }
  throw new NeilError("NOT_BUILT", `there is no page in ${folder}; build it: npm run build`);
}
