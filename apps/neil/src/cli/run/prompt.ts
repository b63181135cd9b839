/** `neil prompt`, where more than a format was asked for: see ../prompt.ts. */
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { say } from "../print.js";
import { NAMES, prompt } from "../prompt.js";

export async function showPrompt({ command, json, options: { format } }: Parsed): Promise<number> {
  const exit = await prompt(json ? ["--json"] : ["--format", format ?? "plain"], say);
  if (exit !== undefined) return exit;
  const names = NAMES.map((name) => `{${name}}`).join(" ");
  throw usage(command, `--format takes tmux, waybar, plain, json, or a text with any of ${names}; got "${format}"`);
}
