/** Files that a command makes. */
import { writeFileSync } from "node:fs";
import { NeilError } from "../../errors.js";
import type { Parsed } from "../command.js";

const WHY: Readonly<Record<string, string>> = {
  EEXIST: "it is there already",
  ENOENT: "there is no such folder",
  ENOTDIR: "what it is in is no folder",
  EISDIR: "it is a folder",
  EACCES: "you may not write there",
};

/**
 * Writes a new file. What is there already may be all that somebody has of something: it is written over by --force, and
 * after a yes. Throws BAD_FILE.
 */
export async function writeNew(
  parsed: Parsed,
  path: string,
  content: string | Uint8Array,
  force: boolean = parsed.flag("force"),
): Promise<void> {
  try {
    writeFileSync(path, content, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" && (parsed.yes || parsed.mayAsk)) {
      const { sure } = await import("../choosing.js");
      if (await sure(parsed, `${path} is there already. Write over it?`))
        return await writeNew(parsed, path, content, true);
    }
    const why = WHY[code ?? ""] ?? code ?? "unknown";
    const advice = code === "EEXIST" ? "name another file, or say --force" : "name a file that you may write";
    throw new NeilError("BAD_FILE", `${path} cannot be written: ${why}`, { cause, advice });
  }
}
