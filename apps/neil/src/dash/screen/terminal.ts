/**
 * The terminal while a program has its screen: raw keys in, frames out, and on every way out the screen, the cursor and the
 * modes are what they were before. Only a kill -9 leaves them as they are.
 */
import { writeSync } from "node:fs";
import type { ReadStream } from "node:tty";
import { inspect } from "node:util";
import type { Frame } from "./frame.js";
import { type Key, keyDecoder } from "./keys.js";
import { paint } from "./paint.js";

// Another screen, no line breaks by itself, pastes told from keys, no cursor.
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?7h\x1b[?1049l";
// Longer than the pieces of one sequence are apart, shorter than anybody waits for Escape.
const ESCAPE_MS = 60;
// Neil's exit code for a defect of his own.
const DEFECT = 70;
const ENDS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: NodeJS.WriteStream & { readonly fd: number };
  readonly colour: boolean;
  readonly key: (key: Key) => void;
  /** The size has changed, or the screen has to be drawn anew. */
  readonly resized: () => void;
  /** Somebody wants the program to end; the exit code that says so. */
  readonly ended: (exit: number) => void;
}

export interface Terminal extends Disposable {
  readonly size: { readonly columns: number; readonly rows: number };
  show(frame: Frame): void;
}

/** Takes the screen. Disposing gives it back; so does an uncaught error, before it is told, and the end of the process. */
export function terminal({ input, output, colour, key, resized, ended }: TerminalOptions): Terminal {
  const decoder = keyDecoder();
  let shown: Frame | null = null;
  let taken = false;
  let waiting: NodeJS.Timeout | undefined;

  function take(): void {
    if (taken) return;
    taken = true;
    shown = null;
    input.setRawMode(true);
    output.write(ENTER);
  }

  // Written at once: at the end of a process there is no later.
  function give(): void {
    if (!taken) return;
    taken = false;
    for (const step of [() => writeSync(output.fd, LEAVE), () => input.setRawMode(false)]) {
      try {
        step();
      } catch {
        // The terminal is gone, and with it what there was to restore.
      }
    }
  }

  function fed(text: string): void {
    clearTimeout(waiting);
    for (const each of decoder.feed(text)) pressed(each);
    if (!decoder.pending) return;
    waiting = setTimeout(() => {
      for (const each of decoder.late()) pressed(each);
    }, ESCAPE_MS);
  }

  function pressed(each: Key): void {
    if (each.name === "ctrl-c") ended(ENDS.SIGINT);
    else if (each.name === "ctrl-z") stopped();
    else key(each);
  }

  function stopped(): void {
    if (process.platform === "win32") return;
    give();
    // Not SIGTSTP: it has a handler here.
    process.kill(process.pid, "SIGSTOP");
  }

  function goneOn(): void {
    // The shell may have set the terminal to its own ways meanwhile.
    input.setRawMode(false);
    take();
    resized();
  }

  function failed(error: unknown): void {
    give();
    // Not by the console, which may be somebody else's while the screen is taken.
    writeSync(process.stderr.fd, `${inspect(error)}\n`);
    process.exit(DEFECT);
  }

  const gone = (): void => ended(ENDS.SIGHUP);
  const signals: [NodeJS.Signals, () => void][] = [
    ...Object.entries(ENDS).map(([name, exit]): [NodeJS.Signals, () => void] => [
      name as NodeJS.Signals,
      () => ended(exit),
    ]),
    ["SIGTSTP", stopped],
    ["SIGCONT", goneOn],
  ];
  for (const [name, handler] of signals) process.on(name, handler);
  process.on("exit", give);
  process.on("uncaughtException", failed);
  process.on("unhandledRejection", failed);
  output.on("resize", resized);
  output.on("error", gone);
  input.on("end", gone);
  input.on("error", gone);
  input.setEncoding("utf8");
  input.on("data", fed);
  take();

  return {
    get size() {
      const { columns = 80, rows = 24 } = output;
      return { columns, rows };
    },
    show(frame) {
      if (!taken) return;
      const text = paint(shown, frame, { colour });
      shown = frame;
      if (text !== "") output.write(text);
    },
    [Symbol.dispose]() {
      clearTimeout(waiting);
      give();
      for (const [name, handler] of signals) process.off(name, handler);
      process.off("exit", give);
      process.off("uncaughtException", failed);
      process.off("unhandledRejection", failed);
      output.off("resize", resized);
      output.off("error", gone);
      input.off("data", fed);
      input.off("end", gone);
      input.off("error", gone);
      input.pause();
    },
  };
}
