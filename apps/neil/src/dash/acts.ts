/**
 * The acts of the dash: all that can happen to it. What takes time is a cocoon: the clock, the line to the server, and the
 * commands, which run one after the other.
 */
import { type Act, acts, cocoon, payload } from "@good-place/shawn";
import { call } from "../cli/call.js";
import type { Command } from "../cli/command.js";
import { execute } from "../cli/execute.js";
import { queued } from "../cli/queue.js";
import { now } from "../clock.js";
import { explain } from "../errors.js";
import { homePath } from "../home-path.js";
import { following } from "./follow.js";
import type { Input } from "./input.js";
import { printed } from "./output.js";
import { type Books, type Cursor, type Dash, PANELS, type PanelName, type Sheet } from "./state.js";

const SECOND = 1000;
const NOTICE_MS = 10_000;
const AGAIN_MS = 1000;
const HISTORY = 100;
/** Longer output of what was typed is not a notice but something to read. */
const NOTICE_LINES = 2;
/** Of the output of a key so much is told. */
const KEY_LINES = 6;

const act = acts<Dash>();

const ticked = act("clock/ticked", payload<number>()).does({
  update(dash, at) {
    dash.now = at;
    if (dash.notice !== null && dash.notice.until <= Date.now()) dash.notice = null;
  },
});

const clock = act("clock/start").does({
  watch: () =>
    cocoon<Dash, void>(async (cx) => {
      for (;;) {
        await cx.sleep(SECOND - (Date.now() % SECOND));
        await cx.emerge(ticked(now()));
      }
    }),
});

const arrived = act("server/arrived", payload<{ books: Books; queued: number }>()).does({
  update(dash, { books, queued }) {
    dash.books = books;
    dash.now = books.here.now;
    dash.link = { state: "live", why: "" };
    dash.queued = queued;
  },
});

const lost = act("server/lost", payload<{ why: string; queued: number }>()).does({
  update(dash, { why, queued }) {
    dash.link = { state: "away", why };
    dash.queued = queued;
  },
});

/** Follows the server; where it is away, tries again and again. */
export const connect = act("server/connect").does({
  watch: ({ tz }) =>
    cocoon<Dash, void>(
      async (cx) => {
        for (;;) {
          try {
            // Whoever calls settles what waits first, so that what is shown has it.
            await call(async (neil) => {
              for await (const books of following(neil, { tz, signal: cx.signal })) {
                if (cx.signal.aborted) return;
                await cx.emerge(arrived({ books, queued: waiting() }));
              }
            }, cx.signal);
          } catch (error) {
            if (cx.signal.aborted) return;
            await cx.emerge(lost({ why: explain(error).message, queued: waiting() }));
          }
          await cx.sleep(AGAIN_MS);
        }
      },
      { key: "server", policy: "latest" },
    ),
});

function waiting(): number {
  try {
    return queued(homePath()).length;
  } catch {
    return 0;
  }
}

export const sized = act("screen/sized", payload<Dash["size"]>()).does({
  update(dash, size) {
    dash.size = size;
  },
});

export const went = act("panel/went", payload<PanelName>()).does({
  update(dash, panel) {
    dash.panel = panel;
  },
});

export const turned = act("panel/turned", payload<1 | -1>()).does({
  update(dash, by) {
    const at = PANELS.indexOf(dash.panel) + by + PANELS.length;
    dash.panel = PANELS[at % PANELS.length] ?? "today";
  },
});

export const pointed = act("row/pointed", payload<Cursor>()).does({
  update(dash, cursor) {
    dash.cursors[dash.panel] = cursor;
  },
});

export const asked = act("line/asked", payload<Input | null>()).does({
  update(dash, line) {
    dash.input = line;
    dash.sheet = null;
    dash.notice = null;
    if (line?.purpose.tag === "filter") dash.panel = "tasks";
  },
});

export const filtered = act("tasks/filtered", payload<string>()).does({
  update(dash, filter) {
    dash.filter = filter;
    dash.cursors.tasks = { key: null, place: 0 };
  },
});

export const opened = act("sheet/opened", payload<Sheet | null>()).does({
  update(dash, sheet) {
    dash.sheet = sheet;
  },
});

export const noticed = act("notice/said", payload<{ text: string; bad?: boolean }>()).does({
  update(dash, { text, bad = false }) {
    dash.notice = { text, bad, until: Date.now() + NOTICE_MS };
  },
});

interface Ran {
  readonly args: readonly string[];
  readonly typed: boolean;
  readonly exit: number;
  readonly lines: string[];
  readonly queued: number;
}

const told = act("command/told", payload<Ran>());

const ran = act("command/run", payload<Pick<Ran, "args" | "typed">>()).does({
  update(dash, { args }) {
    dash.busy = args[0] ?? "";
    dash.input = null;
    dash.sheet = null;
    dash.notice = null;
  },
  watch: ({ commands }, { args, typed }) =>
    cocoon<Dash, void>(
      async (cx) => {
        const { value: exit, lines } = await printed(() => executed(commands, args));
        await cx.emerge(done({ args, typed, exit, lines, queued: waiting() }));
      },
      { key: "command", policy: "queue" },
    ),
});

/** Runs a command line as the shell would, for a key: what it prints is a notice, so that the next key counts at once. */
export const run = (args: readonly string[]): Act => ran({ args, typed: false });

/** The same for what was typed: what it prints is a sheet where it is long. */
export const runTyped = (args: readonly string[]): Act => ran({ args, typed: true });

const done = told.does({
  update(dash, { args, typed, exit, lines, queued }) {
    dash.busy = null;
    dash.queued = queued;
    const said = lines.map((line) => line.trim().replace(/^neil: /, "")).filter((line) => line !== "");
    const text = said.slice(0, KEY_LINES).join("; ").replaceAll("?; ", "? ");
    // Columns say nothing in one line.
    const columns = said.length > 1 && said.some((line) => /\S {2,}\S/.test(line));
    if (typed && (columns || said.length > NOTICE_LINES))
      dash.sheet = { title: `neil ${args.join(" ")}`, lines, at: 0, choices: [] };
    else dash.notice = { text: text || `${args[0]}: done`, bad: exit > 1, until: Date.now() + NOTICE_MS };
  },
  // What is set counts at once.
  watch: (_dash, { args }) => (args[0] === "config" ? connect() : undefined),
});

async function executed(commands: readonly Command[], args: readonly string[]): Promise<number> {
  try {
    return await execute(commands, args, { alone: false });
  } catch (error) {
    const { message, advice, exit } = explain(error);
    console.error(message);
    console.error(advice);
    return exit;
  }
}

export const remembered = act("line/remembered", payload<string>()).does({
  update(dash, line) {
    if (dash.history.at(-1) !== line) dash.history = [...dash.history, line].slice(-HISTORY);
  },
});

/** Puts what Tab has found in the place of the word that is typed, unless something else was typed meanwhile. */
export const completed = act("line/completed", payload<{ was: string; text: string }>()).does({
  update(dash, { was, text }) {
    if (dash.input?.text === was) dash.input = { ...dash.input, text, caret: [...text].length };
  },
});

/** Completes the last word as the shell does, by the same command. */
export const complete = act("line/complete", payload<{ was: string; words: readonly string[] }>()).does({
  watch: ({ commands }, { was, words }) =>
    cocoon<Dash, void>(
      async (cx) => {
        const { lines } = await printed(() => executed(commands, ["complete", "--", ...words]));
        const current = words.at(-1) ?? "";
        const shared = lines.reduce((begin, line) => common(begin, line), lines[0] ?? current);
        const text = was.slice(0, was.length - current.length) + shared + (lines.length === 1 ? " " : "");
        await cx.emerge(completed({ was, text }));
        if (lines.length > 1) await cx.emerge(noticed({ text: lines.slice(0, 30).join("  ") }));
      },
      { key: "complete", policy: "latest" },
    ),
});

function common(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** It ends, with this exit code. */
export const ended = act("dash/ended", payload<number>()).does({
  update(dash, exit) {
    dash.ended ??= exit;
  },
});

export const start = act("dash/start").does({ watch: () => [clock(), connect()] });

export const dashActs = [
  ...[ticked, clock, arrived, lost, connect, sized, went, turned, pointed, asked, filtered, opened, noticed],
  ...[ran, done, remembered, completed, complete, ended, start],
];
