/**
 * `neil import`: reads other programs' files, compares them with what the server has, and writes what is new: all of it or,
 * where a line is wrong, nothing. What a person has to look at is listed every time, until it is mended.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { EXIT, NeilError } from "../../errors.js";
import { json as jsonText } from "../../export/json.js";
import { IMPORT_FORMATS, readings } from "../../import/formats.js";
import { namingOf } from "../../import/names.js";
import { type Doubt, type Fault, type Finished, planned, span } from "../../import/plan.js";
import { NotOfFormat, type Reading } from "../../import/read.js";
import { wallOf } from "../../report/wall.js";
import { parseDuration } from "../../time/duration.js";
import type { Parsed } from "../command.js";
import { allEntries } from "../entries.js";
import { minuteOption, usage } from "../parse.js";
import { notice, print } from "../print.js";
import { faultsText, planJson, planText } from "./import-text.js";
import { choice } from "./options.js";
import { type Sum, send } from "./send.js";

const LONGEST_MS = 12 * 3_600_000;
const NINE = 9 * 60;

export async function importFiles(parsed: Parsed): Promise<number> {
  const { command, words, options, here, json } = parsed;
  const [name = "", ...paths] = words;
  const format = choice(command, "import", name, IMPORT_FORMATS);
  const wall = wallOf(here.zone);
  const dayBegins = (minuteOption(parsed, "day-begins") ?? NINE) * 60_000;
  const longestMs = options.longest === undefined ? LONGEST_MS : parseDuration(options.longest);
  const naming = namingOf(format, mapped(parsed));
  const setting = { wall, naming, dayBegins };
  const found = paths.flatMap((path) => readingsOf(path, paths, (text) => readings(format, text, setting) ?? []));
  const refuse = (faults: readonly Fault[]): void => {
    if (faults.length === 0 || parsed.flag("skip-bad")) return;
    const advice = "nothing was imported; mend the file, or leave out what is wrong: --skip-bad";
    throw new NeilError("BAD_FILE", `${paths.join(", ")}: ${faultsText(faults)}`, { advice });
  };
  refuse(found.filter((reading) => "wrong" in reading));
  for (const name of naming.unmet()) notice(`--map says what "${name}" becomes, but nothing is named so`);
  const period = span(found);
  const there = period === undefined ? [] : await allEntries({ from: period.from, to: period.to + 1 });
  const plan = planned(found, { format, there, now: here.now, longestMs });
  // Some are wrong only beside the others.
  refuse(plan.faults);
  const dryRun = parsed.flag("dry-run");
  const review = dryRun ? undefined : options.review;
  if (review !== undefined) keep(review, plan.review, here.zone);
  const sum = dryRun ? { added: plan.fresh.length, known: 0 } : await sent(plan.fresh, parsed, review);
  const shown = { sum, dryRun, wall, review };
  print(json, planJson(plan, shown), planText(plan, shown));
  return EXIT.ok;
}

// The list of what was not imported says nothing where nothing was.
async function sent(
  fresh: readonly Finished[],
  { here, plain, flag }: Parsed,
  review: string | undefined,
): Promise<Sum> {
  try {
    return await send(fresh, here.zone, !plain && !flag("quiet"));
  } catch (error) {
    if (review !== undefined) rmSync(review, { force: true });
    throw error;
  }
}

// "NAME=HANDLE, NAME=HANDLE"
function mapped({ command, options: { map } }: Parsed): Map<string, string> {
  const pairs = (map ?? "").split(",").filter((pair) => pair.trim() !== "");
  return new Map(
    pairs.map((pair): [string, string] => {
      const [, name = "", handle = ""] = /^\s*(.+?)\s*=\s*([^=]+?)\s*$/.exec(pair) ?? [];
      if (handle !== "" && handle.split("/").length <= 3) return [name, handle];
      throw usage(command, `--map takes NAME=CLIENT/PROJECT/TASK, more than one with commas; got "${pair.trim()}"`);
    }),
  );
}

// Of several files each reading says its own.
function readingsOf(path: string, paths: readonly string[], read: (text: string) => Reading[]): Reading[] {
  try {
    const found = read(textOf(path));
    return paths.length === 1 ? found : found.map((each) => ({ ...each, where: `${path}, ${each.where}` }));
  } catch (error) {
    if (!(error instanceof NotOfFormat)) throw error;
    throw new NeilError("BAD_FILE", `${path}: ${error.message}`, { cause: error });
  }
}

function textOf(path: string): string {
  const bytes = bytesOf(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    // Read on, every letter that is not English would become another.
    const line = bytes
      .toString("utf8")
      .split("\ufffd", 1)[0]
      ?.split(/\r\n|\n|\r/).length;
    const advice = "nothing was imported; save the file as UTF-8 and import it again";
    throw new NeilError("BAD_FILE", `${path}: line ${line}: it is no text in UTF-8`, { cause, advice });
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "you may not read it" }[
      code ?? ""
    ];
    const advice = "name a file that you may read";
    throw new NeilError("BAD_FILE", `${path} cannot be read: ${why ?? code ?? "unknown"}`, { cause, advice });
  }
}

// As Neil's own JSON: mended, it can be imported.
function keep(path: string, review: readonly Doubt[], zone: string): void {
  const entries = review.map(({ draft }) => {
    const [client = "", project = "", task = ""] = draft.handle.split("/");
    return { zone, ...draft, client, project, task, billable: draft.billable ?? true };
  });
  try {
    writeFileSync(path, [...jsonText(entries)].join(""), { flag: "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it is there already" : code;
    const advice = "nothing was imported; name a new file for the review list";
    throw new NeilError("BAD_FILE", `${path} cannot be written: ${why}`, { cause, advice });
  }
}
