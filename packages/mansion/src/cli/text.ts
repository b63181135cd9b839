/**
 * The text that commands read and write: lines of any length up to a bound, whole or not at all.
 */

import { fstatSync, writeFileSync } from "node:fs";
import { MansionError, reason } from "../errors.js";
import { bytes } from "./command.js";

// The longest record, if each of its characters were written as an escape, and what is around it.
const maxLine = 6 * (16 << 20) + (1 << 20);

/**
 * The lines of a text, by bytes: what is no UTF-8 is told with its line, and a mark of the byte order is left out. `from`
 * names where they come from. Throws JOURNAL_UNREADABLE, MANSION_PATH.
 */
export async function* lines(input: AsyncIterable<Buffer>, from: string): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let [line, size] = [1, 0];
  const bad = (what: string): MansionError => {
    const text = `line ${line} of ${from} ${what}: what came before it is there; mend the line, and import again`;
    return new MansionError("JOURNAL_UNREADABLE", text);
  };
  const add = (part: Buffer): void => {
    size += part.length;
    if (size > maxLine) throw bad(`has more than ${bytes(maxLine)}`);
    parts.push(part);
  };
  const text = (): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
    } catch {
      throw bad("is not UTF-8");
    } finally {
      parts = [];
      size = 0;
    }
  };
  const chunks = input[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<Buffer>> => chunks.next().catch((thrown) => refused(from, thrown));
  for (let read = await next(); read.done !== true; read = await next()) {
    let begin = 0;
    for (let end = read.value.indexOf(10); end >= 0; end = read.value.indexOf(10, begin)) {
      add(read.value.subarray(begin, end));
      yield text();
      line++;
      begin = end + 1;
    }
    add(read.value.subarray(begin));
  }
  if (size > 0) yield text();
}

/** Prints, and waits for whoever reads. (Node writes to a file once, and of a write that was cut short says nothing.) */
export async function print(text: string): Promise<void> {
  if (fstatSync(1).isFile()) return writeFileSync(1, text);
  if (process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}

/** Throws the error for a file that could not be used. */
export function refused(path: string, cause: unknown): never {
  const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
  const advice = exists
    ? "nothing is written over: name a file that is not there"
    : "mend the cause, or name another file";
  throw new MansionError(exists ? "MANSION_EXISTS" : "MANSION_PATH", `${path}: ${reason(cause)}; ${advice}`, {
    path,
    cause,
  });
}
