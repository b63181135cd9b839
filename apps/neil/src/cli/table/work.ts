/** The commands of the timer. */
import type { Command, Option } from "../command.js";
import { AT, CLASH, CREATE, DRY, MANY } from "./options.js";

const DONE: Option = { about: "completes the task too" };

export const work: readonly Command[] = [
  {
    name: "status",
    usage: "",
    summary: "what runs, and since when; a bare `neil` says it too",
    more: "Exits with 1 when nothing runs.",
    example: "neil",
    words: [0, 0],
    load: async () => (await import("../run/status.js")).showStatus,
  },
  {
    name: "start",
    usage: "CLIENT/PROJECT/TASK [NOTE ...] [+TAG ...]",
    summary: "starts work on a task; makes it where there is none",
    more: "The beginning of its names is enough. Words behind it are the note, words with a + tags.",
    example: "neil start acme/site/header fix the menu +css --at -10m",
    options: { ...AT, ...CREATE, ...CLASH, ...DRY },
    words: [1, MANY],
    load: async () => (await import("../run/start.js")).start,
  },
  {
    name: "switch",
    usage: "CLIENT/PROJECT/TASK [NOTE ...] [+TAG ...]",
    summary: "stops what runs, and starts another task at the same instant",
    example: "neil switch int/mail/inbox --at -10m",
    options: {
      ...AT,
      ...CREATE,
      stop: { value: "NOTE", about: "a note for what is stopped" },
      done: { about: "completes the task that is stopped" },
      ...DRY,
    },
    words: [1, MANY],
    load: async () => (await import("../run/start.js")).switchTo,
  },
  {
    name: "stop",
    usage: "[NOTE ...] [done]",
    summary: "stops what runs; a last word `done` completes the task too",
    example: "neil stop all tested done",
    options: { ...AT, done: DONE, ...DRY },
    words: [0, MANY],
    load: async () => (await import("../run/stop.js")).stop,
  },
  {
    name: "continue",
    usage: "[@N | CLIENT/PROJECT/TASK] [NOTE ...]",
    summary: "starts the task again that was worked on last",
    more: "It has to be active. With @N that of an interval of `neil last`.",
    example: "neil continue @3",
    options: { ...AT, ...CLASH, ...CREATE, ...DRY },
    words: [0, MANY],
    load: async () => (await import("../run/start.js")).resumeTask,
  },
  {
    name: "resume",
    usage: "",
    summary: "the latest interval runs again, as if it had not been stopped",
    example: "neil resume",
    options: DRY,
    words: [0, 0],
    load: async () => (await import("../run/start.js")).resumeInterval,
  },
  {
    name: "cancel",
    usage: "",
    summary: "drops what runs, as if it had not been started",
    example: "neil cancel",
    options: DRY,
    words: [0, 0],
    load: async () => (await import("../run/start.js")).cancel,
  },
  {
    name: "away",
    usage: "keep|cut|go-on|move [CLIENT/PROJECT/TASK]",
    summary: "says what to do with a stretch in which nobody was there",
    more: "keep: it is work; cut: the work ended there; go-on: it is taken out; move: it was other work.",
    example: "neil away go-on",
    options: { id: { value: "ID", about: "which one, where there are several" }, ...DRY },
    words: [1, 2],
    load: async () => (await import("../run/steps.js")).away,
  },
];
