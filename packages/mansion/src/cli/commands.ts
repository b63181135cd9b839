/**
 * The commands of `mansion`. Each reads or makes a mansion by the functions of this package; none writes to one that was
 * not made for it, but `import`, which appends.
 */

import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { salvageMansion } from "../care/salvage.js";
import { type JournalReport, verifyMansion } from "../care/verify.js";
import { openMansion } from "../mansion.js";
import { expand, MOST_RECORD_BYTES } from "../options.js";
import { bytes, type Call, type Command, exit, explained, numberOption, progress, say, UsageError } from "./command.js";
import { lines, print, refused } from "./text.js";

/** All of them, by their names. */
export const commands: Readonly<Record<string, Command>> = {
  verify: {
    usage: "verify PATH [--json]",
    does: "Reads every record and every document and says all that is wrong. Changes nothing; may run while the mansion is in use.",
    options: { json: "flag" },
    words: 1,
    run: verify,
  },
  stats: {
    usage: "stats PATH [--json]",
    does: "Says what is in it: journals, records, times, snapshots, buffets, documents, bytes.",
    options: { json: "flag" },
    words: 1,
    run: stats,
  },
  export: {
    usage: "export PATH [JOURNAL] [--to-record N] [--out FILE]",
    does: "Writes a journal (the only one, if it is not named) as NDJSON, all of it or as it was at record N. May run while the mansion is in use.",
    options: { "to-record": "text", out: "text" },
    words: 2,
    run: exportJournal,
  },
  import: {
    usage: "import PATH [JOURNAL] [FILE]",
    does: "Appends what export wrote, from FILE or standard input, to a new journal or to one that has the beginning of it; to the one that the lines name, if it is not named.",
    options: {},
    words: 3,
    run: importJournal,
  },
  backup: {
    usage: "backup PATH TARGET",
    does: "Copies the mansion as it is now into a new folder. May run while the mansion is in use.",
    options: {},
    words: 2,
    run: backup,
  },
  repair: {
    usage: "repair PATH --salvage [--out FOLDER]",
    does: "Saves what is sound into a new folder (PATH.salvaged). PATH itself is only read.",
    options: { salvage: "flag", out: "text" },
    words: 1,
    run: repair,
  },
};

async function verify({ path, options }: Call): Promise<number> {
  const shown = progress();
  const report = await verifyMansion(path, shown);
  shown.end();
  const problems = report.problems.map((each) => ({
    code: each.code,
    message: each.message,
    journal: each.journal,
    buffet: each.buffet,
    id: each.id,
    seq: each.seq,
    damage: each.damage,
  }));
  if (options.json) say(JSON.stringify({ ...report, problems }));
  else {
    for (const each of report.journals) {
      say(`journal ${each.name}: ${each.sound} of ${counted(each.records, "record")} sound${damagedSnapshots(each)}`);
    }
    for (const { name, documents, sound } of report.buffets) {
      say(`buffet ${name}: ${sound} of ${counted(documents, "document")} sound`);
    }
    for (const each of report.problems) say(explained(each));
    say(report.sound ? "sound" : `${counted(report.problems.length, "problem")} found`);
  }
  return report.sound ? exit.ok : exit.damaged;
}

async function stats({ path, options }: Call): Promise<number> {
  const shown = progress();
  const report = await verifyMansion(path, shown);
  shown.end();
  const size = statSync(join(report.path, "data.mdb"), { throwIfNoEntry: false })?.size ?? 0;
  if (options.json) {
    const { journals, buffets, holder, sound } = report;
    say(JSON.stringify({ path: report.path, size, holder, sound, journals, buffets }));
    return sound ? exit.ok : exit.damaged;
  }
  say(
    `${report.path}: ${bytes(size)}${report.holder === undefined ? "" : `, open in process ${report.holder.pid} on ${report.holder.host}`}`,
  );
  for (const { name, records, lineage, from, to, snapshots } of report.journals) {
    say(
      `journal ${name}: ${counted(records, "record")}${from === undefined ? "" : `, ${moment(from)} to ${moment(to)}`}`,
    );
    if (lineage !== undefined) say(`  lineage ${lineage}`);
    for (const each of snapshots)
      say(`  snapshot at ${each.seq}: ${bytes(each.bytes)}${each.sound ? "" : ", damaged"}`);
  }
  for (const { name, documents } of report.buffets) say(`buffet ${name}: ${counted(documents, "document")}`);
  if (!report.sound) say(`${counted(report.problems.length, "problem")} found: run mansion verify`);
  return report.sound ? exit.ok : exit.damaged;
}

async function exportJournal({ path, words, options }: Call): Promise<number> {
  const to = numberOption("to-record", options["to-record"]);
  await using mansion = await openMansion({ path, readOnly: true });
  const { journals } = mansion;
  const name = words[1] ?? (journals.length === 1 ? (journals[0] as string) : unnamed(journals));
  if (!journals.includes(name)) throw new UsageError(`there is no journal "${name}"${whichOf(journals)}`);
  const out = typeof options.out === "string" ? resolve(options.out) : undefined;
  const file = out === undefined ? undefined : await open(out, "wx", 0o600).catch((thrown) => refused(out, thrown));
  const write = file === undefined ? print : (text: string) => file.appendFile(text);
  try {
    const shown = file === undefined ? undefined : progress();
    const total = mansion.journal(name).position?.seq ?? 0;
    let done = -1;
    for await (const line of mansion.journal(name).export(to)) {
      await write(`${line}\n`).catch((thrown) => refused(out ?? "its output", thrown));
      if (++done % 4096 === 0) shown?.onProgress({ what: name, done, total });
    }
    await file?.sync();
    shown?.end();
  } finally {
    await file?.close();
  }
  return exit.ok;
}

async function importJournal({ path, words }: Call): Promise<number> {
  const [, named, file] = words;
  await using source =
    file === undefined ? undefined : await open(file).catch((thrown) => refused(resolve(file), thrown));
  const input = lines(source?.createReadStream() ?? process.stdin, file === undefined ? "its input" : resolve(file));
  const { value: first } = await input.next();
  const told = firstLine(first ?? "");
  const name = named ?? told.journal;
  if (name === undefined) throw new UsageError("JOURNAL is missing, and the first line does not name one");
  if (first === undefined) throw new UsageError("there are no lines to import");
  await using mansion = await openMansion({ path, maxRecordBytes: MOST_RECORD_BYTES });
  const shown = progress();
  const position = await mansion.journal(name).import(
    (async function* () {
      yield first;
      let done = 0;
      for await (const line of input) {
        yield line;
        if (++done % 500 === 0) shown.onProgress({ what: name, done, total: told.records });
      }
    })(),
  );
  shown.end();
  say(`journal ${name} has ${counted(position?.seq ?? 0, "record")}`);
  return exit.ok;
}

async function backup({ path, words }: Call): Promise<number> {
  const target = wanted(words, 1, "TARGET");
  await using mansion = await openMansion({ path, readOnly: true });
  await mansion.backup(target);
  say(`copied to ${resolve(target)}`);
  return exit.ok;
}

async function repair({ path, options }: Call): Promise<number> {
  if (options.salvage !== true) {
    throw new UsageError("repair saves what is sound into a new folder and gives up the rest: say so with --salvage");
  }
  const target = typeof options.out === "string" ? options.out : `${expand(path)}.salvaged`;
  const shown = progress();
  const { journals, others } = await salvageMansion(path, target, shown);
  shown.end();
  for (const { name, saved, counted: records } of journals) {
    const of = records > 0 ? ` of ${records}` : "";
    say(`journal ${name}: saved ${saved}${of} records`);
  }
  if (others.length > 0) say(`copied ${others.join(", ")}`);
  if (journals.length + others.length === 0) {
    say("nothing was found that could be saved, and nothing was made");
    return exit.damaged;
  }
  say(`saved in ${resolve(target)}; to use it, move ${expand(path)} away and put it in its place`);
  return exit.ok;
}

function wanted(words: readonly string[], at: number, what: string): string {
  const word = words[at];
  if (word === undefined) throw new UsageError(`${what} is missing`);
  return word;
}

function unnamed(journals: readonly string[]): never {
  throw new UsageError(`JOURNAL is missing${whichOf(journals)}`);
}

function whichOf(journals: readonly string[]): string {
  return `; there ${journals.length === 1 ? "is" : "are"} ${journals.join(", ") || "none"}`;
}

// What the first line of an export says, if it is one.
function firstLine(line: string): { readonly journal?: string; readonly records?: number } {
  try {
    const { journal, records } = Object(JSON.parse(line));
    return {
      ...(typeof journal === "string" ? { journal } : {}),
      ...(Number.isSafeInteger(records) ? { records } : {}),
    };
  } catch {
    return {};
  }
}

function damagedSnapshots({ snapshots }: JournalReport): string {
  const damaged = snapshots.filter(({ sound }) => !sound);
  return damaged.length === 0 ? "" : `, ${counted(damaged.length, "damaged snapshot")} that will be passed over`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function moment(at: number | undefined): string {
  const date = new Date(at ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString();
}
