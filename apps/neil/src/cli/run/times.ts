/** The commands on intervals: add, edit, note, tag, split, join, move, rm. An interval is `@1`, `@2` …, or the beginning of its id. */
import type { Ask } from "../../asks.js";
import { NeilError } from "../../errors.js";
import { readDuration } from "../../time/duration.js";
import { momentWithin, takeStretch } from "../../time/moment.js";
import { noteAndTags } from "../../words.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { notice } from "../print.js";
import { asked, begin, clashOf, told } from "./asking.js";

const REF = /^@\d*$|^[\w:-]{4,}$/;

/** The interval that a word names, at the revision that `--rev` says. */
export function refOf({ command, options }: Parsed, word: string): { ref: string; rev?: number } {
  if (!REF.test(word))
    throw usage(command, `an interval is @1, @2 and so on, or the beginning of its id; got "${word}"`);
  const { rev } = options;
  if (rev === undefined) return { ref: word };
  if (/^\d{1,15}$/.test(rev)) return { ref: word, rev: Number(rev) };
  throw usage(command, `--rev takes the number that --json has shown, got "${rev}"`);
}

export async function add(parsed: Parsed): Promise<number> {
  const [handle = "", ...rest] = parsed.words;
  const { start, end, notices, used } = takeStretch(rest, parsed.here);
  for (const each of notices) notice(each);
  return await asked(parsed, "interval/add", {
    ...begin(parsed),
    ...{ handle, create: parsed.flag("create"), start, end, zone: parsed.here.zone, clash: clashOf(parsed) },
    ...noteAndTags(rest.slice(used)),
  });
}

export async function edit(parsed: Parsed): Promise<number> {
  const [word = ""] = parsed.words;
  const { options, command } = parsed;
  const ref = refOf(parsed, word);
  const { interval, ...times } =
    options.start === undefined && options.end === undefined ? { interval: ref } : await timesOf(parsed, ref);
  const changes: Partial<Ask<"interval/edit">> = {
    ...times,
    ...(options.task !== undefined && { handle: options.task }),
    ...(options.note !== undefined && { note: options.note === "-" ? "" : options.note }),
    ...billable(parsed),
  };
  if (Object.keys(changes).length === 0)
    throw usage(command, "edit needs something to change: --start, --end, --task or --note");
  return await asked(parsed, "interval/edit", {
    ...begin(parsed),
    ...changes,
    interval,
    clash: clashOf(parsed),
  });
}

type Ref = ReturnType<typeof refOf>;

// The new times, by the day of the interval; which is meant as it was when they were read.
async function timesOf(parsed: Parsed, ref: Ref): Promise<{ interval: Ref; start?: number; end?: number }> {
  const { options, here } = parsed;
  const { interval, span } = await looked(parsed, ref);
  const start = options.start === undefined ? undefined : told(momentWithin(options.start, span, here));
  const from = start ?? span.start;
  const end =
    options.end === undefined ? undefined : told(momentWithin(options.end, { ...span, start: from }, here, from));
  return { interval, ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

async function looked({ here }: Parsed, ref: Ref): Promise<{ interval: Ref; span: { start: number; end: number } }> {
  const { id, rev, start, end } = await call((neil, options) => neil.interval({ ref: ref.ref }, options));
  return { interval: { rev, ...ref, ref: id }, span: { start, end: end ?? here.now } };
}

function billable(parsed: Parsed): { billable?: boolean } {
  if (!parsed.flag("billable") && !parsed.flag("unbillable")) return {};
  if (parsed.flag("billable") && parsed.flag("unbillable"))
    throw usage(parsed.command, "--billable and --unbillable exclude each other");
  return { billable: parsed.flag("billable") };
}

export async function note(parsed: Parsed): Promise<number> {
  const { ref, rest } = leading(parsed);
  if (rest.length === 0) throw usage(parsed.command, 'note needs its text; "" for none');
  return await asked(parsed, "interval/edit", { ...begin(parsed), ...ref, note: rest.join(" "), clash: "refuse" });
}

export async function tag(parsed: Parsed): Promise<number> {
  const { ref, rest } = leading(parsed);
  const wrong = rest.find((word) => !/^[+-][^\s+-]/.test(word));
  if (wrong !== undefined || rest.length === 0)
    throw usage(parsed.command, `a tag comes as +tag and goes as -tag, got "${wrong ?? ""}"`);
  const [addTags, dropTags] = ["+", "-"].map((sign) =>
    rest.filter((word) => word.startsWith(sign)).map((word) => word.slice(1)),
  );
  const tags = { addTags: addTags as string[], dropTags: dropTags as string[] };
  return await asked(parsed, "interval/edit", { ...begin(parsed), ...ref, ...tags, clash: "refuse" });
}

// The interval may stand among the words; without one the newest is meant.
function leading(parsed: Parsed): { ref: { interval: { ref: string; rev?: number } }; rest: readonly string[] } {
  const at = parsed.words.findIndex((word) => /^@\d*$/.test(word));
  const word = at < 0 ? "@1" : (parsed.words[at] as string);
  return { ref: { interval: refOf(parsed, word) }, rest: at < 0 ? parsed.words : parsed.words.toSpliced(at, 1) };
}

export async function split(parsed: Parsed): Promise<number> {
  const [word = "", ...times] = parsed.words;
  const { interval, span } = await looked(parsed, refOf(parsed, word));
  const at = times.map((text) => told(momentWithin(text, span, parsed.here)));
  return await asked(parsed, "interval/split", { ...begin(parsed), interval, at });
}

export async function join(parsed: Parsed): Promise<number> {
  const intervals = parsed.words.map((word) => refOf(parsed, word));
  return await asked(parsed, "interval/join", { ...begin(parsed), intervals });
}

export async function remove(parsed: Parsed): Promise<number> {
  const intervals = parsed.words.map((word) => refOf(parsed, word));
  return await asked(parsed, "interval/remove", { ...begin(parsed), intervals });
}

/** To another task, or to another time: `+15m`, `-1h`. */
export async function move(parsed: Parsed): Promise<number> {
  const [word = "", where = ""] = parsed.words;
  const interval = refOf(parsed, word);
  const clash = clashOf(parsed);
  if (!/^[+-]/.test(where))
    return await asked(parsed, "interval/edit", { ...begin(parsed), interval, handle: where, clash });
  const ms = readDuration(where.slice(1).toLowerCase());
  if (ms === undefined) {
    throw new NeilError("BAD_MOMENT", `"${where}" is no duration`, {
      advice: "move it like +15m or -1h30, or to client/project/task",
    });
  }
  return await asked(parsed, "interval/edit", {
    ...begin(parsed),
    interval,
    shiftMs: where.startsWith("-") ? -ms : ms,
    clash,
  });
}
