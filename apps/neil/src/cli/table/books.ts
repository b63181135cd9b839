/** The commands of the books: reports and imports. */
import type { Command } from "../command.js";

export const books: readonly Command[] = [
  {
    name: "report",
    usage: "[--by client|project|task]",
    summary: "the time worked, summed up",
    options: { by: { value: "client|project|task", about: "what to sum up by; project by default" } },
    words: [0, 0],
    load: async () => (await import("../report.js")).showReport,
  },
  {
    name: "import",
    usage: "watson FILE",
    summary: "takes over the frames of Watson; a second time changes nothing",
    words: [2, 2],
    load: async () => (await import("../import.js")).importFile,
  },
];
