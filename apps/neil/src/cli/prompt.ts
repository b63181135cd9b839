/**
 * `neil prompt`: what runs, for status bars. It reads the state file and asks nobody, so that it takes hardly longer than
 * Node's own start: nothing large may be imported here.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plainLine } from "../domain/plain-line.js";
import { STATE_FILE, type State } from "../state-file.js";

// The server writes once a minute; after three it is taken for gone.
const STALE_MS = 180_000;

/**
 * Prints the line, and gives the exit code: 0 when work runs, 1 when none does. Undefined, and nothing printed, where the
 * words hold more than a format, or one that shows nothing: then the command line reads them.
 */
export async function prompt(
  args: readonly string[],
  say: (text: string) => void = console.log,
): Promise<number | undefined> {
  const format = formatOf(args);
  if (format === undefined || !canShow(format)) return undefined;
  const state = read(join(await home(), STATE_FILE));
  say(line(format, state, now()));
  return state?.running ? 0 : 1;
}

function formatOf(args: readonly string[]): string | undefined {
  if (args.length === 0) return "plain";
  if (args.length === 1 && args[0] === "--json") return "json";
  if (args.length === 1 && args[0]?.startsWith("--format=")) return args[0].slice(9) || undefined;
  return args.length === 2 && args[0] === "--format" ? args[1] || undefined : undefined;
}

const FORMATS: readonly string[] = ["plain", "tmux", "waybar", "json"];
export const NAMES: readonly string[] = ["dur", "task", "name", "project", "client", "note", "tags"];

// A format of one's own has at least one of the names.
function canShow(format: string): boolean {
  const names = [...format.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return FORMATS.includes(format) || names.some((name) => NAMES.includes(name));
}

async function home(): Promise<string> {
  const { NEIL_HOME, NEIL_PROFILE } = process.env;
  if (NEIL_HOME && !NEIL_PROFILE) return NEIL_HOME;
  const { homePath } = await import("../home-path.js");
  return homePath();
}

function now(): number {
  const { NEIL_CLOCK } = process.env;
  return NEIL_CLOCK ? Date.parse(readFileSync(NEIL_CLOCK, "utf8").trim()) : Date.now();
}

function read(path: string): State | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as State;
  } catch {
    return undefined;
  }
}

function line(format: string, state: State | undefined, at: number): string {
  const running = state?.running ?? null;
  const stale = state === undefined || at - state.beat > STALE_MS;
  const ms = running === null ? 0 : Math.max(0, at - running.start);
  const dur = duration(ms);
  const task = plainLine(running?.handle ?? "");
  const mark = `${stale ? "?" : ""}${state !== undefined && state.away > 0 ? "!" : ""}`;
  const text = running === null ? `idle${mark}` : `${dur} ${task}${mark}`;
  if (format === "plain") return text;
  // tmux reads #[...] as style: what runs must not style the bar.
  if (format === "tmux") return text.replaceAll("#", "##");
  if (format === "json") return JSON.stringify({ running, ms, stale, away: state?.away ?? 0 });
  if (format === "waybar") {
    const tooltip =
      running === null
        ? plainLine(state?.last?.handle ?? "")
        : plainLine([task, running.note].filter(Boolean).join(": "));
    return JSON.stringify({
      text: markup(text),
      tooltip: markup(tooltip),
      class: running === null ? "idle" : stale ? "stale" : "running",
    });
  }
  const values: Record<string, string> = {
    ...{
      dur,
      task,
      note: plainLine(running?.note ?? ""),
      tags: plainLine((running?.tags ?? []).map((tag) => `+${tag}`).join(" ")),
    },
    ...{ name: task.split("/")[2] ?? "", project: task.split("/")[1] ?? "", client: task.split("/")[0] ?? "" },
  };
  return format.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

// Waybar reads Pango's markup.
function markup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
