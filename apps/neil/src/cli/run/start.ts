/** `neil start`, `neil switch` and what starts work again: the first word names the task, words with a + are tags, the others are the note. */
import type { Done } from "../../asks.js";
import { NeilError } from "../../errors.js";
import { noteAndTags } from "../../words.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { allNames } from "../entries.js";
import { stoppedText, timeText, workJson, workText } from "../print.js";
import { asked, begin, clashOf, momentOf, noteAndDone } from "./asking.js";

export async function start(parsed: Parsed): Promise<number> {
  return await asked(parsed, "task/start", { ...started(parsed), clash: clashOf(parsed) }, (done) =>
    tell(done, parsed),
  );
}

export async function switchTo(parsed: Parsed): Promise<number> {
  const stop = noteAndDone((parsed.options.stop ?? "").split(" ").filter(Boolean), parsed.flag("done"));
  return await asked(parsed, "task/switch", { ...started(parsed), stop }, (done) => {
    const { data, text } = tell(done, parsed);
    const stopped = done.intervals.find(({ end }) => end !== null);
    if (stopped === undefined) return { data, text };
    return { data: { stopped: workJson(stopped), ...data }, text: `${stoppedText(stopped)}\n${text}` };
  });
}

function started(parsed: Parsed, handle = parsed.words[0] ?? "", rest = parsed.words.slice(1)) {
  const zone = parsed.here.zone;
  const create = parsed.flag("create");
  return { ...begin(parsed), handle, create, ...noteAndTags(rest), zone, ...momentOf(parsed, "at") };
}

function tell({ intervals, created }: Done, { here }: Parsed): { data: object; text: string } {
  const work = intervals.find(({ end }) => end === null) ?? intervals[0];
  if (work === undefined) return { data: { started: null, created }, text: "it was started before" };
  const news = created.length === 0 ? "" : `\nnew: ${created.join(", ")}`;
  const text = `${workText(work)} started at ${timeText(work.start, here)}${news}`;
  return { data: { started: workJson(work), created }, text };
}

/** `neil continue`: the active task that was worked on last, the one at a place of `neil last`, or one by its handle. */
export async function resumeTask(parsed: Parsed): Promise<number> {
  const [word] = parsed.words;
  const place = word === undefined ? undefined : /^@?([1-9]\d{0,2})$/.exec(word)?.[1];
  const handle = word === undefined ? await latestTask() : place === undefined ? word : await handleAt(Number(place));
  const input = { ...started(parsed, handle, parsed.words.slice(1)), create: false };
  return await asked(parsed, "task/start", input, (done) => tell(done, parsed));
}

async function latestTask(): Promise<string> {
  const names = await allNames();
  const worked = names.filter(({ kind, state, lastAt }) => kind === "tasks" && state === "active" && lastAt !== null);
  const latest = worked.sort((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0))[0];
  if (latest !== undefined) return latest.handle;
  throw new NeilError("NOT_FOUND", "no active task was worked on yet", {
    advice: "npx neil start client/project/task",
  });
}

async function handleAt(place: number): Promise<string> {
  const found = await call((neil, options) => neil.last({ count: place }, options));
  const handle = found[place - 1]?.handle;
  if (handle !== undefined) return handle;
  throw new NeilError("NOT_FOUND", `there is no interval @${place}`, { advice: "look: npx neil last" });
}

/** `neil resume`: the interval that ended last runs again, as if it had not been stopped. */
export async function resumeInterval(parsed: Parsed): Promise<number> {
  const { running, last } = await call((neil, options) => neil.status({}, options));
  if (running !== null) throw new NeilError("RUNNING", `${running.handle} is running already`);
  if (last === null)
    throw new NeilError("NOT_FOUND", "nothing was worked on yet", { advice: "npx neil start client/project/task" });
  const interval = { ref: last.id, rev: last.rev };
  return await asked(parsed, "interval/edit", { ...begin(parsed), interval, end: null, clash: "refuse" }, (done) =>
    tell(done, parsed),
  );
}

/** `neil cancel`: what runs is dropped, as if it had not been started. */
export async function cancel(parsed: Parsed): Promise<number> {
  const { running } = await call((neil, options) => neil.status({}, options));
  if (running === null) throw new NeilError("IDLE", "nothing is running");
  const intervals = [{ ref: running.id, rev: running.rev }];
  return await asked(parsed, "interval/remove", { ...begin(parsed), intervals }, () => {
    return {
      data: { canceled: workJson(running) },
      text: `${workText(running)} was not worked on; undo brings it back`,
    };
  });
}
