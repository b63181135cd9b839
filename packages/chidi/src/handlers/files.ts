/**
 * `files`: a folder as a handler, with conditional requests, ranges, variants compressed beforehand, and nothing from
 * outside the folder. Cost: four calls into the file system and one open a request; nothing is cached.
 *
 * The ETag is made of inode, size and time of change, and strong once the file has been left alone for two seconds. Until
 * then a clock that ticks too slowly could give two contents one ETag, so it is weak, and no part is joined to another.
 */

import type { BigIntStats } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { contentType } from "mime-types";
import { type Answer, type AnswerParts, notFound, redirect } from "../answer/response.js";
import { type Coding, preferredCoding } from "../middleware/codings.js";
import { precondition, rangeApplies, type Validators } from "../request/precondition.js";
import { type HttpRequest, headerOf } from "../request/request.js";
import type { Handler } from "../routing/router.js";
import { askedFor, type Found, find, type Symlinks } from "./file-path.js";
import { contentRange, multipart, parseRanges } from "./ranges.js";
import { region } from "./region.js";

export interface FilesOptions {
  /** The file that stands for its folder, "index.html" by default; false for none. There are no listings. */
  readonly index?: string | false | undefined;
  /** Serves names that begin with a dot, too; false by default. */
  readonly dotfiles?: boolean | undefined;
  /** Which symbolic links are followed: those that end "inside" the folder (the default), "anywhere", or "none". */
  readonly symlinks?: Symlinks | undefined;
  /** Takes `name.br`, `name.zst` or `name.gz` beside a file for clients that accept it; false by default. */
  readonly precompressed?: boolean | undefined;
  /** Cache-Control, "no-cache" by default: kept, and asked about each time. A function gets the path under the folder. */
  readonly cacheControl?: string | ((path: string) => string) | undefined;
  /** Serves parts of files; true by default. */
  readonly ranges?: boolean | undefined;
  /** The file for every path that leads nowhere and whose last name has no dot: the page of a single page app. */
  readonly fallback?: string | undefined;
}

const variants: readonly (readonly [Coding, string])[] = [
  ["br", ".br"],
  ["zstd", ".zst"],
  ["gzip", ".gz"],
];
const SETTLED_MS = 2000;

/**
 * A handler that answers GET and HEAD with the files of a folder. Behind a route that ends with `*` that is where the
 * paths begin. What is not there, or not to be seen, is 404. Throws BAD_OPTION and UNKNOWN_OPTION; a folder that does not
 * exist fails each request.
 */
export function files(root: string | URL, options: FilesOptions = {}): Handler {
  const { index, cacheControl, fallback, precompressed, ranges, ...rules } = settings(root, options);
  const folder = root instanceof URL ? fileURLToPath(root) : root;

  return async function serve(request): Promise<Answer> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { status: 405, headers: { allow: "GET, HEAD" }, body: "Method Not Allowed" };
    }
    const asked = askedFor(request);
    if (asked === null) return { status: 400, body: "Bad Request" };
    const real = await realpath(folder);
    const { names } = asked;
    const found = await find(real, names, rules);
    if (found?.stats.isFile() && !asked.folder) return file(request, real, names, found);
    if (found?.stats.isDirectory() && index !== false) {
      // The slash first: the links of the index mean the folder.
      if (!asked.folder) return redirect(`${request.path}/${request.url.slice(request.path.length)}`, 301);
      const inside = [...names, index];
      const page = await find(real, inside, rules);
      if (page?.stats.isFile()) return file(request, real, inside, page);
    }
    if (fallback === undefined || names.at(-1)?.includes(".")) return notFound();
    const inside = fallback.split("/");
    const page = await find(real, inside, rules);
    return page?.stats.isFile() ? file(request, real, inside, page) : notFound();
  };

  async function file(
    request: HttpRequest,
    real: string,
    names: readonly string[],
    plain: Found,
  ): Promise<AnswerParts> {
    const variant = precompressed ? await compact(request, real, names) : null;
    const { path, stats } = variant?.found ?? plain;
    const headers: Record<string, string> = {
      "cache-control": typeof cacheControl === "string" ? cacheControl : cacheControl(names.join("/")),
    };
    if (precompressed) headers.vary = "accept-encoding";
    const state = validators(stats);
    const early = precondition(request, state);
    if (early !== null) return early.status === 304 ? { ...early, headers: { ...headers, ...early.headers } } : early;
    const type = contentType(extname(basename(names.at(-1) ?? ""))) || "application/octet-stream";
    headers["content-type"] = type;
    headers.etag = state.etag;
    headers["last-modified"] = state.lastModified.toUTCString();
    if (variant !== null) headers["content-encoding"] = variant.coding;
    const size = Number(stats.size);
    if (!ranges) return { headers, body: region(path, stats, 0, size) };
    headers["accept-ranges"] = "bytes";
    const asked = request.method === "GET" ? headerOf(request, "range") : null;
    const parts = asked === null || !rangeApplies(request.headers, state) ? null : parseRanges(asked, size);
    if (parts === null) return { headers, body: region(path, stats, 0, size) };
    const [first, ...more] = parts;
    if (first === undefined) {
      return { status: 416, headers: { "content-range": `bytes */${size}` }, body: "Range Not Satisfiable" };
    }
    if (more.length === 0) {
      headers["content-range"] = contentRange(first, size);
      return { status: 206, headers, body: region(path, stats, first.start, first.end) };
    }
    const joined = multipart(parts, size, type, ({ start, end }) => region(path, stats, start, end));
    headers["content-type"] = joined.type;
    return { status: 206, headers, body: joined.body };
  }

  async function compact(
    request: HttpRequest,
    real: string,
    names: readonly string[],
  ): Promise<{ readonly coding: Coding; readonly found: Found } | null> {
    const accept = headerOf(request, "accept-encoding");
    if (accept === null) return null;
    let left = variants;
    for (;;) {
      const coding = preferredCoding(
        accept,
        left.map(([name]) => name),
      );
      if (coding === null) return null;
      const suffix = left.find(([name]) => name === coding)?.[1];
      const found = await find(real, [...names.slice(0, -1), `${names.at(-1)}${suffix}`], rules);
      if (found?.stats.isFile()) return { coding, found };
      left = left.filter(([name]) => name !== coding);
    }
  }
}

function validators(stats: BigIntStats): Required<Validators> & { readonly etag: string; readonly lastModified: Date } {
  const etag = `"${[stats.ino, stats.size, stats.mtimeNs].map((part) => part.toString(36)).join("-")}"`;
  const settled = Date.now() - Number(stats.mtimeMs) >= SETTLED_MS;
  return { etag: settled ? etag : `W/${etag}`, lastModified: new Date(Number(stats.mtimeMs)) };
}

type Settings = { readonly [K in Exclude<keyof FilesOptions, "fallback">]-?: Exclude<FilesOptions[K], undefined> } & {
  readonly fallback: string | undefined;
};

function settings(root: string | URL, options: FilesOptions): Settings {
  if (!(root instanceof URL) && (typeof root !== "string" || root === "")) {
    throw misuse("type", "BAD_OPTION", `files() takes the path or the URL of a folder, got ${describe(root)}`);
  }
  checkOptions("files()", options, [
    "index",
    "dotfiles",
    "symlinks",
    "precompressed",
    "cacheControl",
    "ranges",
    "fallback",
  ]);
  const { index = "index.html", dotfiles = false, symlinks = "inside", precompressed = false } = options;
  const { cacheControl = "no-cache", ranges = true, fallback } = options;
  if (index !== false && (typeof index !== "string" || !/^[^/\\]+$/.test(index)))
    throw bad("index", "a file's name or false", index);
  if (!["inside", "anywhere", "none"].includes(symlinks))
    throw bad("symlinks", '"inside", "anywhere" or "none"', symlinks);
  for (const [name, value] of Object.entries({ dotfiles, precompressed, ranges })) {
    if (typeof value !== "boolean") throw bad(name, "true or false", value);
  }
  if (typeof cacheControl !== "string" && typeof cacheControl !== "function")
    throw bad("cacheControl", "a text or a function of a path", cacheControl);
  if (fallback !== undefined && (typeof fallback !== "string" || fallback === ""))
    throw bad("fallback", "a path under the folder", fallback);
  return { index, dotfiles, symlinks, precompressed, cacheControl, ranges, fallback };
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `files() option ${option} must be ${expected}, got ${describe(got)}`);
}
