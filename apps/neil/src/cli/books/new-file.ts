/** Files that a command makes. */
import { writeFileSync } from "node:fs";
import { NeilError } from "../../errors.js";

/** Writes a new file; over one that is there only by `force`. Throws BAD_FILE. */
export function writeNew(path: string, content: string | Uint8Array, force: boolean): void {
  try {
    writeFileSync(path, content, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it is there already" : (code ?? "unknown");
    const advice = code === "EEXIST" ? "name another file, or say --force" : "name a file that you may write";
    throw new NeilError("BAD_FILE", `${path} cannot be written: ${why}`, { cause, advice });
  }
}
