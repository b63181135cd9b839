/**
 * What a key means, given what is shown: the acts that it comes to. Nothing happens here.
 */
import type { Act } from "@good-place/shawn";
import { iso, timeText } from "../cli/print.js";
import { plainLine } from "../domain/plain-line.js";
import {
  asked,
  complete,
  ended,
  filtered,
  noticed,
  opened,
  pointed,
  remembered,
  run,
  runTyped,
  turned,
  went,
} from "./acts.js";
import { edited, HERE, type Input, input, quoted, withoutSame, wordsOf } from "./input.js";
import { KEYS } from "./keys-help.js";
import { chosen } from "./panels/index.js";
import { clockOf, type Subject } from "./panels/panel.js";
import type { Key } from "./screen/keys.js";
import { scrolled } from "./sheet.js";
import { type Dash, hereOf, PANELS, type Sheet, type Wish } from "./state.js";

const PAGE = 10;

export function press(dash: Dash, key: Key): readonly Act[] {
  if (dash.input !== null) return typed(dash, dash.input, key);
  if (dash.sheet !== null) return read(dash, dash.sheet, key);
  // What is pasted is no command.
  if (key.name === "paste") return [];
  return key.name === "text" ? letter(dash, key.text) : named(dash, key.name);
}

function named(dash: Dash, name: Key["name"]): readonly Act[] {
  switch (name) {
    case "tab":
      return [turned(1)];
    case "backtab":
      return [turned(-1)];
    case "up":
      return moved(dash, -1);
    case "down":
      return moved(dash, 1);
    case "pageup":
      return moved(dash, -PAGE);
    case "pagedown":
      return moved(dash, PAGE);
    case "home":
      return moved(dash, Number.NEGATIVE_INFINITY);
    case "end":
      return moved(dash, Number.POSITIVE_INFINITY);
    case "left":
      return [turned(-1)];
    case "right":
      return [turned(1)];
    case "enter":
      return detail(dash);
    case "escape":
      return dash.filter === "" ? [] : [filtered("")];
    default:
      return [];
  }
}

function letter(dash: Dash, text: string): readonly Act[] {
  const subject = chosen(dash, dash.panel).row?.subject ?? { tag: "other" };
  const panel = PANELS[Number(text) - 1];
  if (panel !== undefined) return [went(panel)];
  switch (text) {
    case "q":
      return [ended(0)];
    case "j":
      return moved(dash, 1);
    case "k":
      return moved(dash, -1);
    case "g":
      return moved(dash, Number.NEGATIVE_INFINITY);
    case "G":
      return moved(dash, Number.POSITIVE_INFINITY);
    case "?":
      return [opened(sheet("keys", KEYS))];
    case ":":
      return [asked(input(":", "", { tag: "command" }))];
    case "/":
      return [asked(input("/", dash.filter, { tag: "filter" }))];
    case " ":
      return dash.books?.status.running === null ? nothingRuns() : [run(["stop"])];
    case "c":
      return [run(["continue"])];
    case "u":
    case "z":
      return [run(["undo"])];
    case "r":
      return [run(["redo"])];
    case "s":
      return begun("start", subject);
    case "x":
      return begun("switch", subject);
    default:
      return about(dash, text, subject);
  }
}

/** The keys that are about the chosen row. */
function about(dash: Dash, text: string, subject: Subject): readonly Act[] {
  switch (text) {
    case "n":
      return note(dash, subject);
    case "e":
      return edit(dash, subject);
    case "S": {
      if (subject.tag !== "interval") return choose("an interval of today");
      return [asked(input(":", `split ${refOf(subject.entry)} `, { tag: "command" }))];
    }
    case "d":
      return finished(dash, subject);
    case "f":
      return fill(dash, subject);
    default:
      return [];
  }
}

function moved(dash: Dash, by: number): readonly Act[] {
  const { rows, index } = chosen(dash, dash.panel);
  const place = Math.max(0, Math.min(rows.length - 1, index + by));
  const row = rows[place];
  return row === undefined ? [] : [pointed({ key: row.key, place })];
}

function begun(verb: "start" | "switch", subject: Subject): readonly Act[] {
  const handle = handleOf(subject);
  if (handle !== null) return [run([verb, handle])];
  return [asked(input(":", `${verb} `, { tag: "command" }))];
}

function handleOf(subject: Subject): string | null {
  if (subject.tag === "interval") return subject.entry.handle;
  return subject.tag === "task" ? subject.name.handle : null;
}

// The chosen interval's note, or that of what runs.
function note({ books }: Dash, subject: Subject): readonly Act[] {
  const entry = subject.tag === "interval" ? subject.entry : books?.status.running;
  if (!entry) return choose("an interval of today");
  const args = ["edit", entry.id, "--rev", `${entry.rev}`, `--note=${HERE}`];
  return [asked(input(`note of ${entry.handle}: `, entry.note, { tag: "run", args, empty: "-" }))];
}

function edit(dash: Dash, subject: Subject): readonly Act[] {
  const given = commandOf(dash, subject);
  if (given === null) return choose("an interval or a task");
  return [asked(input(":", given, { tag: "edit", given }))];
}

function commandOf(dash: Dash, subject: Subject): string | null {
  if (subject.tag === "task") {
    const { handle, note } = subject.name;
    return `task edit ${handle} --note ${note === "" ? "-" : quoted(note)}`;
  }
  if (subject.tag !== "interval") return null;
  const { rev, start, end, handle, note } = subject.entry;
  const time = (at: number): string => quoted(timeText(at, hereOf(dash)));
  const until = end === null ? [] : ["--end", time(end)];
  const words = ["edit", refOf(subject.entry), "--start", time(start), ...until, "--task", handle];
  return [...words, "--note", note === "" ? "-" : quoted(note), `--rev=${rev}`].join(" ");
}

// The whole of such an id says no more than its beginning does; if ever it does, the server asks for more.
function refOf({ id }: { readonly id: string }): string {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-/.test(id) ? id.slice(0, 8) : id;
}

function finished({ books }: Dash, subject: Subject): readonly Act[] {
  const handle = handleOf(subject);
  if (handle === null) return choose("an interval or a task");
  return [run(books?.status.running?.handle === handle ? ["stop", "--done"] : ["task", "done", handle])];
}

function fill(dash: Dash, subject: Subject): readonly Act[] {
  if (subject.tag !== "gap") return choose("a gap of today");
  const { start, end } = subject;
  const { zone } = hereOf(dash);
  const args = ["add", HERE, "from", iso(start), "to", iso(end)];
  return [asked(input(`task from ${clockOf(start, zone)} to ${clockOf(end, zone)}: `, "", { tag: "run", args }))];
}

function choose(what: string): readonly Act[] {
  return [noticed({ text: `that is about ${what}: choose one first` })];
}

function nothingRuns(): readonly Act[] {
  return [noticed({ text: "nothing is running: s starts the chosen task, c goes on with the last one" })];
}

function sheet(title: string, lines: readonly string[], choices: Sheet["choices"] = []): Sheet {
  return { title, lines, at: 0, choices };
}

function detail(dash: Dash): readonly Act[] {
  const { row } = chosen(dash, dash.panel);
  if (row === undefined) return [];
  const { subject } = row;
  if (subject.tag !== "away") return [opened(sheet("detail", row.detail))];
  const { id, from, to } = subject.away;
  const { zone } = hereOf(dash);
  const decide = (key: string, choice: string, about: string) => {
    return { key, about, wish: { tag: "run" as const, args: ["away", choice, "--id", id] } };
  };
  const args = ["away", "move", HERE, "--id", id];
  const move: Wish = { tag: "ask", input: input("to which task: ", "", { tag: "run", args }) };
  const lines = [
    `Nobody was there from ${clockOf(from, zone)} to ${clockOf(to, zone)}`,
    `while ${subject.handle} ran.`,
  ];
  return [
    opened(
      sheet("away", lines, [
        decide("k", "keep", "keep it: it was work"),
        decide("c", "cut", "cut: the work ended then"),
        decide("g", "go-on", "go on: take it out"),
        { key: "m", about: "move it to another task", wish: move },
      ]),
    ),
  ];
}

function read(dash: Dash, open: Sheet, key: Key): readonly Act[] {
  const text = key.name === "text" ? key.text : key.name;
  const choice = open.choices.find((each) => each.key === text);
  if (choice !== undefined) return [choice.wish.tag === "run" ? run(choice.wish.args) : asked(choice.wish.input)];
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, down: 1, k: -1, j: 1, pageup: -PAGE, pagedown: PAGE, " ": PAGE },
    ...{
      home: Number.NEGATIVE_INFINITY,
      g: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
      G: Number.POSITIVE_INFINITY,
    },
  };
  const by = steps[text];
  if (by !== undefined) return [opened({ ...open, at: scrolled(dash, open, by) })];
  return text === "enter" || text === "escape" || text === "q" ? [opened(null)] : [];
}

function typed(dash: Dash, line: Input, key: Key): readonly Act[] {
  const { purpose } = line;
  switch (key.name) {
    case "escape":
      return purpose.tag === "filter" ? [filtered(""), asked(null)] : [asked(null)];
    case "enter":
      return entered(line);
    case "tab":
      return completing(line);
    case "up":
    case "down":
      return purpose.tag === "command" ? recalled(dash, line, key.name === "up" ? -1 : 1) : [];
  }
  const next = edited(line, key);
  if (next === line) return [];
  return purpose.tag === "filter" ? [filtered(next.text), asked(next)] : [asked(next)];
}

function entered({ text, purpose }: Input): readonly Act[] {
  const said = plainLine(text).trim();
  if (purpose.tag === "filter") return [filtered(said), asked(null)];
  if (purpose.tag === "run") {
    const word = said === "" ? purpose.empty : said;
    return word === undefined ? [asked(null)] : [run(purpose.args.map((arg) => arg.replace(HERE, () => word)))];
  }
  const all = wordsOf(said);
  const words = purpose.tag === "edit" ? withoutSame(all, wordsOf(purpose.given)) : all;
  if (purpose.tag === "edit" && !words.some((word) => word.startsWith("--") && !word.startsWith("--rev="))) {
    return [asked(null), noticed({ text: "nothing was changed" })];
  }
  return words.length === 0 ? [asked(null)] : [remembered(said), runTyped(words)];
}

// Handles are what is typed where no command is.
function completing({ text, purpose }: Input): readonly Act[] {
  if (purpose.tag === "filter") return [];
  const words = wordsOf(text.endsWith(" ") || text === "" ? `${text}""` : text);
  return [complete({ was: text, words: purpose.tag === "run" ? ["start", words.at(-1) ?? ""] : words })];
}

function recalled({ history }: Dash, line: Input, by: 1 | -1): readonly Act[] {
  const at = history.lastIndexOf(line.text);
  const place = at < 0 ? (by < 0 ? history.length - 1 : history.length) : at + by;
  if (place < 0) return [];
  return [asked(input(line.label, history[place] ?? "", line.purpose))];
}
