/**
 * What somebody has set for this device: `settings.json` in Neil's folder, written by `neil config`. The command line and
 * the server read it anew whenever they need it, so that what is set counts at once.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nearest } from "@good-place/channel/misuse";
import { NeilError } from "./errors.js";
import { isPlace } from "./place.js";
import { readDuration, readMinute } from "./time/duration.js";
import { checkZone } from "./time/zone.js";

export interface Settings {
  /** The minute after midnight at which a day begins. */
  readonly dayStart: number;
  /** The first day of a week: 1 is Monday, 7 Sunday. */
  readonly weekStart: number;
  /** IANA name; undefined for that of the machine. */
  readonly zone: string | undefined;
  /** The server that is called, host:port. */
  readonly server: string | undefined;
  /** Milliseconds of work that a day is to have. */
  readonly targetMs: number;
}

export interface Setting {
  readonly about: string;
  readonly value: string;
  /** What counts where nothing is set. */
  readonly fallback: string;
  /** The text as it is kept, or undefined for one that cannot be read. */
  read(text: string): string | undefined;
}

const WEEK_STARTS: Readonly<Record<string, number>> = { monday: 1, saturday: 6, sunday: 7 };

/** Every setting, by its name. */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  "day-start": {
    about: "when a day begins, for those who work at night",
    value: "a time of the day, like 4:00",
    fallback: "0:00",
    read: (text) => (readMinute(text) === undefined ? undefined : text),
  },
  "week-start": {
    about: "the first day of a week; of 2026-W41 it is Monday",
    value: "monday|sunday|saturday",
    fallback: "monday",
    read: (text) => (Object.hasOwn(WEEK_STARTS, text) ? text : undefined),
  },
  server: {
    about: "the server to call; a paired device has its own",
    value: "HOST:PORT",
    fallback: "this machine's",
    read: (text) => (isPlace(text) ? text : undefined),
  },
  zone: {
    about: "the time zone of what is typed and shown",
    value: "a zone of the IANA list, like Europe/Prague",
    fallback: "this machine's",
    read: zoneName,
  },
  target: {
    about: "how long a day's work is to be, for `neil dash`",
    value: "a duration like 8h or 7h30",
    fallback: "8h",
    read: (text) => ((readDuration(text) ?? 0) > 0 ? text : undefined),
  },
};

const FILE = "settings.json";

/** What is set, by its name, as text. Throws BAD_SETTINGS for a file that cannot be read. */
export function readSettings(home: string): Readonly<Record<string, string>> {
  const path = join(home, FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What is wrong with the folder itself is told by whatever needs it.
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new NeilError("BAD_SETTINGS", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch (cause) {
    throw new NeilError("BAD_SETTINGS", `${path} is no JSON`, { cause });
  }
  const wrong = Object.entries(Object(set)).find(([name, value]) => settingOf(name)?.read(String(value)) === undefined);
  if (wrong === undefined) return set as Record<string, string>;
  throw new NeilError("BAD_SETTINGS", `${path} sets ${wrong[0]} to ${JSON.stringify(wrong[1])}, which cannot be`);
}

/** What counts: what is set, and else what is usual. */
export function settings(home: string): Settings {
  const set = readSettings(home);
  return {
    dayStart: readMinute(set["day-start"] ?? "0:00") ?? 0,
    weekStart: WEEK_STARTS[set["week-start"] ?? "monday"] ?? 1,
    zone: set.zone,
    server: set.server,
    targetMs: readDuration(set.target ?? "8h") ?? 0,
  };
}

/** Sets, or with undefined takes away, and gives what is set then; a dry run writes nothing. Throws USAGE for a name or a value that cannot be. */
export function changeSetting(
  home: string,
  name: string,
  text: string | undefined,
  dryRun: boolean,
): Readonly<Record<string, string>> {
  const setting = settingOf(name);
  const names = Object.keys(SETTINGS);
  if (setting === undefined) {
    const near = nearest(name, names);
    throw new NeilError("USAGE", `there is no setting "${name}"${near ? `; did you mean "${near}"?` : ""}`, {
      advice: `settings are ${names.join(", ")}`,
    });
  }
  const value = text === undefined ? undefined : setting.read(text);
  if (text !== undefined && value === undefined) {
    throw new NeilError("USAGE", `${name} takes ${setting.value}, got "${text}"`, { advice: "look: npx neil config" });
  }
  const { [name]: _, ...others } = readSettings(home);
  const set = value === undefined ? others : { ...others, [name]: value };
  if (dryRun) return set;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(set, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return set;
}

function settingOf(name: string): Setting | undefined {
  return Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
}

function zoneName(text: string): string | undefined {
  try {
    return checkZone(text);
  } catch {
    return undefined;
  }
}
