/**
 * From the path of a request to a file under a root, and to no other. Two guards: no name of the path may mean more than
 * a name, and where all links have been followed the file must still be in the root.
 * Limit: whoever can write to the root can swap a folder for a link between the check and the opening.
 */
import type { BigIntStats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { HttpRequest } from "../request/request.js";

/** Which symbolic links are followed. */
export type Symlinks = "inside" | "anywhere" | "none";

export interface PathRules {
  readonly dotfiles: boolean;
  readonly symlinks: Symlinks;
}

/** A file or a folder that was found, at its place behind all links. */
export interface Found {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** What a request asks for; null where its path is no encoding of anything. */
export interface Asked {
  readonly names: readonly string[];
  /** The path ends with a slash. */
  readonly folder: boolean;
}

// What a path leads to that leads nowhere; anything else is a failure of the server's.
const nowhere = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EACCES", "EPERM", "EINVAL"]);

/** The names on the path: what a route's `*` stands for, else the whole path, decoded once. */
export function askedFor({ path, params }: Pick<HttpRequest, "path" | "params">): Asked | null {
  const rest = params["*"];
  let names: string[];
  try {
    names = rest === undefined ? path.slice(1).split("/").map(decodeURIComponent) : rest.split("/");
  } catch {
    return null;
  }
  const folder = names.at(-1) === "";
  return { names: folder ? names.slice(0, -1) : names, folder };
}

/** What is there under the real path of a root; null for nothing, and for what the rules keep from sight. */
export async function find(root: string, names: readonly string[], rules: PathRules): Promise<Found | null> {
  if (!names.every((name) => allowed(name, rules))) return null;
  try {
    const wanted = join(root, ...names);
    const path = await realpath(wanted);
    if (rules.symlinks === "none" && path !== wanted) return null;
    if (rules.symlinks === "inside" && path !== root) {
      const inside = root.endsWith(sep) ? root : root + sep;
      if (!path.startsWith(inside)) return null;
      if (
        !path
          .slice(inside.length)
          .split(sep)
          .every((name) => allowed(name, rules))
      )
        return null;
    }
    return { path, stats: await stat(path, { bigint: true }) };
  } catch (error) {
    if (nowhere.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

function allowed(name: string, { dotfiles }: PathRules): boolean {
  if (name === "" || name === "." || name === ".." || /[/\\\0]/.test(name)) return false;
  return dotfiles || !name.startsWith(".");
}
