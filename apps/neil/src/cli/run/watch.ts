/** `neil watch`: every act as one line of JSON, as it becomes durable; until it is interrupted, or nobody reads it. */
import { EXIT } from "../../errors.js";
import { following } from "../call.js";
import type { Parsed } from "../command.js";
import { follow } from "../follow.js";
import { usage } from "../parse.js";
import { iso, notice, say } from "../print.js";

export async function watch({ command, options }: Parsed): Promise<number> {
  const wanted = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
  if (!(wanted >= 1)) throw usage(command, `--count takes a number from 1, got "${options.count}"`);
  const after = afterOf(command, options.after);
  let left = wanted;
  let exit: number = EXIT.ok;
  let begun = false;
  await following(async (neil, leave) => {
    process.once("SIGINT", () => {
      exit = EXIT.interrupted;
      leave();
    });
    // Whoever read it has gone.
    process.stdout.once("error", leave);
    for await (const { seq, acts } of follow(neil, after)) {
      if (!begun) say(JSON.stringify({ watching: seq }));
      else if (acts.length === 0) notice(`the server is back, at act ${seq}`);
      begun = true;
      for (const { at, ...act } of acts.slice(0, left)) say(JSON.stringify({ ...act, at: iso(at) }));
      left -= acts.length;
      if (left <= 0) return;
    }
  });
  return exit;
}

function afterOf(command: Parsed["command"], text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(command, `--after takes the number of an act, got "${text}"`);
}
