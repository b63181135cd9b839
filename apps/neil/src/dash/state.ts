/**
 * What the dash knows and shows: the envelope of its store. Everything on the screen is a function of this and of the size.
 */
import type { Command } from "../cli/command.js";
import type { Name } from "../contract.js";
import type { NamedInterval } from "../domain/entries.js";
import type { Status } from "../domain/status.js";
import type { Used } from "../report/budgets.js";
import type { Money } from "../report/money.js";
import type { Here } from "../time/calendar.js";
import type { Input } from "./input.js";

export const PANELS = ["today", "tasks", "week", "budgets"] as const;
export type PanelName = (typeof PANELS)[number];

/** What the server has told, as of `here.now`. */
export interface Books {
  readonly here: Required<Here>;
  /** Milliseconds of work that a day is to have. */
  readonly targetMs: number;
  readonly status: Status;
  /** The intervals of this week, whole and in their order. */
  readonly entries: readonly NamedInterval[];
  readonly names: readonly Name[];
  readonly budgets: readonly Used[];
  /** What this month's work has come to. */
  readonly earned: Money;
  /** What all work that is on no invoice has come to. */
  readonly unbilled: Money;
}

/** What a key, or a line that was typed, comes to. */
export type Wish =
  /** A command line, as its words. */
  { readonly tag: "run"; readonly args: readonly string[] } | { readonly tag: "ask"; readonly input: Input };

/** Something to read that lies over the panels. */
export interface Sheet {
  readonly title: string;
  readonly lines: readonly string[];
  /** The first line that is seen. */
  readonly at: number;
  /** What its keys do, beside those that close it and go through it. */
  readonly choices: readonly { readonly key: string; readonly about: string; readonly wish: Wish }[];
}

/** Which row of a panel is meant: by its key, and where that is gone by its place. */
export interface Cursor {
  readonly key: string | null;
  readonly place: number;
}

export interface Dash {
  /** The table of commands, as the command line has it. */
  readonly commands: readonly Command[];
  now: number;
  size: { columns: number; rows: number };
  /** The zone of --tz; else what is set counts. */
  tz: string | null;
  books: Books | null;
  link: { state: "connecting" | "live" | "away"; why: string };
  /** How many commands wait for the server. */
  queued: number;
  panel: PanelName;
  cursors: Record<PanelName, Cursor>;
  /** Words that the tasks have to fit. */
  filter: string;
  input: Input | null;
  sheet: Sheet | null;
  /** Said in the last line until then. */
  notice: { text: string; bad: boolean; until: number } | null;
  /** The command that runs. */
  busy: string | null;
  /** Lines that were typed, the latest last. */
  history: readonly string[];
  /** The exit code with which it ends. */
  ended: number | null;
}

export function newDash({ commands, now, tz }: Pick<Dash, "commands" | "now" | "tz">): Dash {
  const cursor = { key: null, place: 0 };
  return {
    ...{
      commands,
      now,
      tz,
      size: { columns: 80, rows: 24 },
      books: null,
      link: { state: "connecting", why: "" },
      queued: 0,
    },
    ...{ panel: "today", filter: "", input: null, sheet: null, notice: null, busy: null, history: [], ended: null },
    cursors: { today: cursor, tasks: cursor, week: cursor, budgets: cursor },
  };
}

/** The moment that the panels show, in the zone that they show it in. */
export function hereOf({ books, now }: Pick<Dash, "books" | "now">): Required<Here> {
  return {
    zone: books?.here.zone ?? "UTC",
    dayStart: books?.here.dayStart ?? 0,
    weekStart: books?.here.weekStart ?? 1,
    now,
  };
}
