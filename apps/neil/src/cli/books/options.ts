/**
 * What the commands of the books have in common.
 */
import { nearest } from "@good-place/channel/misuse";
import type { Command } from "../command.js";
import { usage } from "../parse.js";

/** One of some words; the nearest is named where it is none of them. */
export function choice<T extends string>(command: Command, what: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  const near = nearest(text, known);
  throw usage(command, `${what} takes ${known.join(", ")}; got "${text}"${near ? `, did you mean "${near}"?` : ""}`);
}
