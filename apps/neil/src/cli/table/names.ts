/** The commands on clients, projects and tasks, and the lists of them. */
import type { Command, Option } from "../command.js";
import { DRY, FILTER, MANY } from "./options.js";

const NOTE: Readonly<Record<string, Option>> = { note: { value: "TEXT", about: "a note; - for none" } };
const BY: Readonly<Record<string, Option>> = {
  by: { value: "client|state", about: "what to sort by; state by default" },
};

export const names: readonly Command[] = [
  {
    name: "client",
    usage: "list|add|edit|rename|merge|archive|reopen|rm CLIENT [OTHER]",
    summary: "clients, and what stands on their invoices",
    example: 'neil client edit acme --title "Acme Ltd" --city Brno',
    options: {
      title: { value: "TEXT", about: "the name for people; - for none" },
      ...NOTE,
      street: { value: "TEXT", about: "for invoices" },
      city: { value: "TEXT", about: "for invoices" },
      zip: { value: "TEXT", about: "for invoices" },
      "reg-id": { value: "TEXT", about: "for invoices" },
      "vat-id": { value: "TEXT", about: "for invoices" },
      country: { value: "CC", about: "for invoices: its two letters, like CZ" },
      legal: { value: "TEXT", about: "for invoices" },
      ...BY,
      ...DRY,
    },
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).manage,
  },
  {
    name: "project",
    usage: "list|add|edit|rename|merge|done|archive|reopen|rm CLIENT/PROJECT [OTHER]",
    summary: "projects",
    example: "neil project done acme/site",
    options: { ...NOTE, ...BY, ...DRY },
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).manage,
  },
  {
    name: "task",
    usage: "list|add|edit|rename|merge|done|cancel|reopen|rm CLIENT/PROJECT/TASK [OTHER]",
    summary: "tasks",
    more: "Only what was never worked on can be canceled.",
    example: "neil task done acme/site/header",
    options: { ...NOTE, ...BY, ...DRY },
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).manage,
  },
  {
    name: "todo",
    usage: "[FILTER ...]",
    summary: "the tasks that are active",
    more: FILTER,
    example: "neil todo client:acme",
    options: BY,
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).todo,
  },
  {
    name: "list",
    usage: "[FILTER ...]",
    summary: "all tasks, and what was worked on them",
    more: FILTER,
    example: "neil list since:lastmonth",
    options: BY,
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).list,
  },
  {
    name: "overview",
    usage: "[FILTER ...]",
    summary: "all tasks with their intervals",
    more: FILTER,
    example: "neil overview project:site",
    options: BY,
    words: [0, MANY],
    load: async () => (await import("../run/names.js")).overview,
  },
];
