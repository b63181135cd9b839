/** `neil watch`: every act as one line of JSON, as it becomes durable; until it is interrupted, or the server ends. */
import { EXIT, explain, NeilError } from "../../errors.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { iso } from "../print.js";

const WAIT_MS = 20_000;

export async function watch({ command, options }: Parsed): Promise<number> {
  const wanted = options.count === undefined ? Number.POSITIVE_INFINITY : Number(options.count);
  if (!(wanted >= 1)) throw usage(command, `--count takes a number from 1, got "${options.count}"`);
  let left = wanted;
  await call(async (neil) => {
    let { seq } = await neil.acts({ waitMs: 0 }, { deadlineMs: WAIT_MS });
    console.log(JSON.stringify({ watching: seq }));
    while (left > 0) {
      const asking = neil.acts({ after: seq, waitMs: WAIT_MS }, { deadlineMs: WAIT_MS + 10_000 });
      const { seq: next, missed, acts } = await asking.then(undefined, ended);
      if (missed) console.log(JSON.stringify({ missed: true }));
      for (const { at, ...act } of acts.slice(0, left)) console.log(JSON.stringify({ ...act, at: iso(at) }));
      left -= acts.length;
      seq = next;
    }
  });
  return EXIT.ok;
}

// Nothing was asked for, so there is no doubt about what was done.
function ended(cause: unknown): never {
  if (explain(cause).exit !== EXIT.unreachable) throw cause;
  throw new NeilError("UNREACHABLE", "the server has ended", { cause });
}
