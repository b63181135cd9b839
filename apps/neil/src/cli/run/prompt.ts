/** `neil prompt`, where it did not come as the first word: see ../prompt.ts. */
import type { Parsed } from "../command.js";
import { prompt } from "../prompt.js";

export async function showPrompt({ json, options: { format } }: Parsed): Promise<number> {
  return await prompt(json ? ["--json"] : format === undefined ? [] : ["--format", format]);
}
