/** `neil prompt`, where more than a format was asked for: see ../prompt.ts. */
import type { Parsed } from "../command.js";
import { say } from "../print.js";
import { prompt } from "../prompt.js";

export async function showPrompt({ json, options: { format } }: Parsed): Promise<number> {
  return await prompt(json ? "json" : (format ?? "plain"), say);
}
