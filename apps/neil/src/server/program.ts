/**
 * Which program makes an office of acts: a digest of the files that the updates are written in. A snapshot of another
 * program is passed over, and nobody has to remember to say that something was changed.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export function programVersion(folder: string = fileURLToPath(new URL("../domain/", import.meta.url))): string {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  for (const name of names.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update("\0");
  return hash.digest("base64url");
}
