/**
 * `neil menu`: what can be done now, chosen by a few letters, again and again. The menu depends on whether work runs; what
 * is chosen runs as the command line would run it.
 */
import { autocomplete, isCancel, select, text } from "@clack/prompts";
import fuzzysort from "fuzzysort";
import type { Name } from "../../contract.js";
import { EXIT, explain, NeilError } from "../../errors.js";
import { call } from "../call.js";
import { type Command, findCommand, type Parsed } from "../command.js";
import { allNames } from "../entries.js";
import { parse } from "../parse.js";

/** A command line with its gaps: `task` is chosen among tasks, `project` among projects, `client` among clients, `words` are typed. */
interface Item {
  readonly label: string;
  readonly args: readonly string[];
  readonly asks?: readonly ("task" | "project" | "client" | "words")[];
}

const RUNNING: readonly Item[] = [
  { label: "stop", args: ["stop"], asks: ["words"] },
  { label: "stop and complete", args: ["stop", "--done"], asks: ["words"] },
  { label: "switch to another task", args: ["switch"], asks: ["task"] },
  { label: "cancel what runs", args: ["cancel"] },
  { label: "add a task", args: ["task", "add"], asks: ["words"] },
];

const IDLE: readonly Item[] = [
  { label: "start a task", args: ["start"], asks: ["task"] },
  { label: "continue the last one", args: ["continue"] },
  { label: "add a task", args: ["task", "add"], asks: ["words"] },
  { label: "complete a task", args: ["task", "done"], asks: ["task"] },
  { label: "cancel a task", args: ["task", "cancel"], asks: ["task"] },
  { label: "complete a project", args: ["project", "done"], asks: ["project"] },
  { label: "add a client", args: ["client", "add"], asks: ["words"] },
];

const ALWAYS: readonly Item[] = [
  { label: "todo", args: ["todo"] },
  { label: "last intervals", args: ["last"] },
  { label: "today", args: ["log"] },
  { label: "overview", args: ["overview"] },
  { label: "undo", args: ["undo"] },
];

export async function menu({ command }: Parsed, all: readonly Command[]): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new NeilError("USAGE", `${command.name} needs a terminal`, {
      advice: "type the command itself: npx neil help",
    });
  }
  let args: readonly string[] | undefined;
  for (;;) {
    args ??= await chosen();
    if (args === undefined) return EXIT.ok;
    await runOnce(args, all);
    const next = await select({
      message: "and now?",
      options: [
        { value: "home", label: "home" },
        { value: "rerun", label: "rerun" },
        { value: "quit", label: "quit" },
      ],
    });
    if (isCancel(next) || next === "quit") return EXIT.ok;
    if (next === "home") args = undefined;
  }
}

async function chosen(): Promise<readonly string[] | undefined> {
  const { running } = await call((neil, options) => neil.status({}, options));
  const items = [...(running === null ? IDLE : RUNNING), ...ALWAYS];
  const index = await pick(
    "tell neil:",
    items.map(({ label }, at) => ({ value: `${at}`, label })),
  );
  const item = index === undefined ? undefined : items[Number(index)];
  if (item === undefined) return undefined;
  const args = [...item.args];
  for (const what of item.asks ?? []) {
    const answer = what === "words" ? await typed(item) : await name(what);
    if (answer === undefined) return undefined;
    args.push(...answer);
  }
  return args;
}

async function typed({ label, args }: Item): Promise<string[] | undefined> {
  const answer = await text({ message: args[1] === "add" ? `${label}: its handle` : "note:", defaultValue: "" });
  return isCancel(answer) ? undefined : (answer ?? "").split(/\s+/).filter(Boolean);
}

async function name(what: "task" | "project" | "client"): Promise<string[] | undefined> {
  const all = await allNames();
  const fitting = all.filter(({ kind, state }: Name) => kind === `${what}s` && state === "active");
  const handle = await pick(
    `which ${what}?`,
    fitting.map((each) => ({ value: each.handle, label: each.handle })),
  );
  return handle === undefined ? undefined : [handle];
}

async function pick(message: string, options: { value: string; label: string }[]): Promise<string | undefined> {
  const answer = await autocomplete({
    message,
    options,
    filter: (search, { label = "" }) => search === "" || fuzzysort.single(search, label) !== null,
  });
  return isCancel(answer) ? undefined : (answer as string);
}

async function runOnce(args: readonly string[], all: readonly Command[]): Promise<void> {
  try {
    const { command, rest } = findCommand(all, args);
    await (await command.load())(parse(command, rest), all);
  } catch (error) {
    const { message, advice } = explain(error);
    console.error(`neil: ${message}\n      ${advice}`);
  }
}
