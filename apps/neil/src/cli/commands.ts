/**
 * The table of commands: the one place that says their words, their options and what they are for. Each loads its code
 * only when it runs, so that a status line need not wait for the server's.
 */
import type { Command } from "./command.js";

const MANY = Number.POSITIVE_INFINITY;

export const commands: readonly Command[] = [
  {
    name: "status",
    usage: "",
    summary: "what runs and since when; also a bare `neil`. Exits with 1 when nothing runs",
    words: [0, 0],
    load: async () => (await import("./status.js")).showStatus,
  },
  {
    name: "start",
    usage: "CLIENT/PROJECT/TASK [NOTE ...] [+TAG ...]",
    summary: "starts work on a task, and makes the task where there is none",
    words: [1, MANY],
    load: async () => (await import("./start.js")).start,
  },
  {
    name: "stop",
    usage: "[NOTE ...] [done]",
    summary: "stops what runs; a last word `done` completes the task too",
    words: [0, MANY],
    load: async () => (await import("./stop.js")).stop,
  },
  {
    name: "report",
    usage: "[--by client|project|task]",
    summary: "the time worked, summed up",
    options: { by: { value: "client|project|task", about: "what to sum up by; project by default" } },
    words: [0, 0],
    load: async () => (await import("./report.js")).showReport,
  },
  {
    name: "import",
    usage: "watson FILE",
    summary: "takes over the frames of Watson; a second time changes nothing",
    words: [2, 2],
    load: async () => (await import("./import.js")).importFile,
  },
  {
    name: "serve",
    usage: "[--web-port N] [--rpc-port N]",
    summary: "runs the server: the page and the encrypted RPC, on this machine only",
    options: {
      "web-port": { value: "N", about: "the page's port, 8888 by default; 0 takes a free one" },
      "rpc-port": { value: "N", about: "the RPC's port, 6660 by default; 0 takes a free one" },
    },
    words: [0, 0],
    load: async () => (await import("./serve.js")).runServer,
  },
  {
    name: "help",
    usage: "[COMMAND]",
    summary: "this list, or one command",
    words: [0, 1],
    load: async () => (await import("./help.js")).showHelp,
  },
  {
    name: "version",
    usage: "",
    summary: "the version of Neil",
    words: [0, 0],
    load: async () => (await import("./help.js")).showVersion,
  },
];
