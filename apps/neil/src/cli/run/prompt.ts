/** `neil prompt`, where more than a format was asked for: see ../prompt.ts. */
import { EXIT } from "../../errors.js";
import type { Parsed } from "../command.js";
import { say } from "../print.js";
import { prompt } from "../prompt.js";

export async function showPrompt({ json, options: { format } }: Parsed): Promise<number> {
  const exit = await prompt(json ? ["--json"] : ["--format", format ?? "plain"], say);
  return exit ?? EXIT.usage;
}
