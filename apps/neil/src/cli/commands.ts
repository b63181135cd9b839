/**
 * The table of commands: the one place that says their words, their options and what they are for. Help, completion and
 * the menu are made from it. Each loads its code only when it runs, so that a status line need not wait for the server's.
 */
import type { Command } from "./command.js";
import { books } from "./table/books.js";
import { invoices } from "./table/invoices.js";
import { names } from "./table/names.js";
import { server } from "./table/server.js";
import { times } from "./table/times.js";
import { work } from "./table/work.js";

export const commands: readonly Command[] = [
  ...grouped("The timer", work),
  ...grouped("What was done", times),
  ...grouped("Clients, projects, tasks", names),
  ...grouped("Sums and money, and other programs", [...books, ...invoices]),
  ...grouped("The screen, the server, other devices", server),
];

function grouped(group: string, all: readonly Command[]): Command[] {
  return all.map((command) => ({ ...command, group }));
}
