/** `neil sync` settles what waits for the server; `neil inbox` shows what the server has refused of it, and tries again or forgets. */
import { EXIT, NeilError } from "../../errors.js";
import { homePath } from "../../home.js";
import { call, settleQueue } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { columns, iso, oneLine, print, timeText } from "../print.js";
import { enqueue, forget, queued, refused } from "../queue.js";
import { isDry } from "./asking.js";

export async function sync({ json }: Parsed): Promise<number> {
  const [waited, before] = [queued(homePath()).length, refused(homePath()).length];
  // Every call settles the queue first.
  await call((neil) => settleQueue(neil));
  const inbox = refused(homePath()).length;
  const settled = waited - (inbox - before);
  const done = waited === 0 ? "nothing waited for the server" : `${settled} settled`;
  print(json, { settled, inbox }, `${done}${inbox > 0 ? `; ${inbox} in the inbox: npx neil inbox` : ""}`);
  return EXIT.ok;
}

export async function inbox(parsed: Parsed): Promise<number> {
  const [verb = "list", place] = parsed.words;
  if (verb === "list") return list(parsed);
  if (verb !== "retry" && verb !== "drop")
    throw usage(parsed.command, `inbox takes list, retry and drop, got "${verb}"`);
  const home = homePath();
  const all = refused(home);
  const chosen = place === "all" ? all : all.filter((_, index) => `${index + 1}` === place);
  if (chosen.length === 0) {
    if (all.length === 0) throw new NeilError("NOT_FOUND", "the inbox is empty", { advice: "there is nothing to do" });
    if (place === undefined) throw usage(parsed.command, `inbox ${verb} takes a number, or all`);
    throw new NeilError("NOT_FOUND", `there is no ${place} in the inbox, which has ${all.length}`, {
      advice: "look: npx neil inbox",
    });
  }
  if (isDry(parsed)) {
    const again = verb === "retry" ? "would be tried again" : "would be dropped";
    print(parsed.json, { dryRun: true, [verb]: chosen.length }, `${chosen.length} ${again}; nothing was written`);
    return EXIT.ok;
  }
  for (const { file, code: _, message: __, ...waiting } of chosen) {
    // It waits again before the inbox has lost it.
    if (verb === "retry") enqueue(home, waiting);
    forget(home, { file });
  }
  if (verb === "retry") return await sync(parsed);
  print(parsed.json, { dropped: chosen.length }, `${chosen.length} dropped`);
  return EXIT.ok;
}

function list({ json, here }: Parsed): number {
  const all = refused(homePath());
  const rows = all.map(({ name, input, at, message }, index) => {
    const { handle = "" } = input as { handle?: string };
    return [`${index + 1}`, timeText(at, here), name, oneLine(handle), oneLine(message)];
  });
  const data = all.map(({ file: _, at, ...each }) => ({ ...each, at: iso(at) }));
  const waiting = queued(homePath()).length;
  const text = rows.length === 0 ? "the inbox is empty" : `${columns(rows)}\nnpx neil inbox retry N, or drop N`;
  print(json, { inbox: data, queued: waiting }, waiting > 0 ? `${text}\n${waiting} wait for the server` : text);
  return EXIT.ok;
}
