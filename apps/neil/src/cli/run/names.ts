/** `neil client`, `neil project`, `neil task`: their verbs, and the lists todo, list and overview. */
import { nearest } from "@good-place/channel/misuse";
import type { Name } from "../../contract.js";
import type { NamedInterval } from "../../domain/entries.js";
import { EXIT } from "../../errors.js";
import { durationText } from "../../time/duration.js";
import type { Parsed } from "../command.js";
import { countryOf } from "../country.js";
import { allEntries, allNames } from "../entries.js";
import { nameFilter } from "../filter.js";
import { usage } from "../parse.js";
import { columns, iso, oneLine, print, spanTexts, workJson } from "../print.js";
import { asked, begin } from "./asking.js";

type Kind = Name["kind"];
const KINDS: Readonly<Record<string, { readonly kind: Kind; readonly parts: number }>> = {
  client: { kind: "clients", parts: 1 },
  project: { kind: "projects", parts: 2 },
  task: { kind: "tasks", parts: 3 },
};

// The verbs that set a state, for the kinds that have it.
const STATES: Readonly<Record<string, Readonly<Record<string, "active" | "archived" | "completed" | "canceled">>>> = {
  client: { archive: "archived", reopen: "active" },
  project: { done: "completed", archive: "archived", reopen: "active" },
  task: { done: "completed", cancel: "canceled", reopen: "active" },
};

export async function manage(parsed: Parsed): Promise<number> {
  const { command, words } = parsed;
  const [verb = "list", handle, other, ...more] = words;
  const states = STATES[command.name] ?? {};
  const verbs = ["list", "add", "edit", "rename", "merge", "rm", ...Object.keys(states)];
  if (!verbs.includes(verb)) {
    const near = nearest(verb, verbs);
    throw usage(
      command,
      `${command.name} has no verb "${verb}"${near ? `; did you mean "${near}"?` : `: it has ${verbs.join(", ")}`}`,
    );
  }
  if (verb === "list") return await showNames(parsed, words.slice(1), KINDS[command.name]?.kind as Kind);
  const parts = KINDS[command.name]?.parts ?? 0;
  if (handle === undefined || handle.split("/").length !== parts) {
    throw usage(
      command,
      `${command.name} ${verb} needs ${["", "client", "client/project", "client/project/task"][parts]}, got "${handle ?? ""}"`,
    );
  }
  const wanted = verb === "rename" || verb === "merge" ? 1 : 0;
  if ((other === undefined ? 0 : 1) + more.length !== wanted) {
    throw usage(command, wanted === 1 ? `${verb} needs two names` : `${verb} takes one handle, got more words`);
  }
  const state = states[verb];
  const parent = handle.slice(0, handle.lastIndexOf("/") + 1);
  const renamed = other?.startsWith(parent) ? other.slice(parent.length) : other;
  if (verb === "rename" && renamed?.includes("/")) {
    throw usage(command, `rename gives ${handle} another last part, like new; got "${other}"`);
  }
  if (state !== undefined) return await asked(parsed, "name/edit", { ...begin(parsed), handle, state, fields: {} });
  if (verb === "add") return await asked(parsed, "name/add", { ...begin(parsed), handle, fields: fieldsOf(parsed) });
  if (verb === "rm") return await asked(parsed, "name/remove", { ...begin(parsed), handle });
  if (verb === "merge")
    return await asked(parsed, "name/merge", { ...begin(parsed), from: handle, into: other as string });
  if (verb === "rename")
    return await asked(parsed, "name/edit", { ...begin(parsed), handle, rename: renamed as string, fields: {} });
  const fields = fieldsOf(parsed);
  if (Object.keys(fields).length === 0)
    throw usage(command, `edit needs something to change: ${optionsOf(parsed).join(", ")}`);
  return await asked(parsed, "name/edit", { ...begin(parsed), handle, fields });
}

function optionsOf({ command }: Parsed): string[] {
  return Object.keys(command.options ?? {})
    .filter((name) => name !== "dry-run" && name !== "by")
    .map((name) => `--${name}`);
}

// What the options say, in the words of the act. "-" empties a field.
function fieldsOf({ command, options }: Parsed): Record<string, unknown> {
  const said = (name: string): string | undefined => (options[name] === "-" ? "" : options[name]);
  const invoice = Object.entries({
    ...{ street: said("street"), city: said("city"), zip: said("zip"), legal: said("legal") },
    ...{ regId: said("reg-id"), vatId: said("vat-id") },
    country: options.country === undefined ? undefined : countryOf(command, options.country),
  }).filter(([, value]) => value !== undefined);
  return {
    ...(options.title !== undefined && { title: said("title") }),
    ...(options.note !== undefined && { note: said("note") }),
    ...(invoice.length > 0 && { invoice: Object.fromEntries(invoice) }),
  };
}

const LEVELS: readonly Kind[] = ["clients", "projects", "tasks"];

// The live ones stand next to the prompt.
const ORDER = ["archived", "canceled", "completed", "active"];

interface Found {
  readonly name: Name;
  /** The intervals that fit; undefined where none were asked for. */
  readonly works: readonly NamedInterval[] | undefined;
}

/** The names of a kind that fit the words, and what was worked on them as far as the words, or `all`, ask for it. */
async function fittingNames(
  { here, options }: Parsed,
  words: readonly string[],
  kind: Kind,
  { active = false, all = false }: { readonly active?: boolean; readonly all?: boolean } = {},
): Promise<Found[]> {
  const filter = nameFilter(words, here, active ? "what is to be done is active: look with npx neil list" : undefined);
  const { work } = filter;
  const names = (await allNames()).filter((name) => {
    return name.kind === kind && (!active || name.state === "active") && filter.name(name);
  });
  names.sort(sorting(options.by));
  if (work === undefined && !all) return names.map((name) => ({ name, works: undefined }));
  const works = new Map<string, NamedInterval[]>(names.map(({ handle }) => [handle, []]));
  for (const entry of await allEntries(work?.period ?? { from: 0, to: here.now + 120_000 })) {
    const handle = [entry.client, `${entry.client}/${entry.project}`, entry.handle][LEVELS.indexOf(kind)];
    if (work === undefined || work.fits(entry)) works.get(handle as string)?.push(entry);
  }
  const found = names.map((name) => ({ name, works: works.get(name.handle) ?? [] }));
  return work === undefined ? found : found.filter(({ works }) => works.length > 0);
}

async function showNames(parsed: Parsed, words: readonly string[], kind: Kind, active = false): Promise<number> {
  const { json } = parsed;
  const found = (await fittingNames(parsed, words, kind, { active })).map(({ name }) => name);
  const rows = found.map(({ handle, state, intervals, ms, note, title }) => [
    oneLine(handle),
    intervals === 0 ? "not yet" : `${intervals}x ${durationText(ms)}`,
    state === "active" ? "" : state,
    oneLine([title, note && `(${note})`].filter(Boolean).join(" ")),
  ]);
  const data = {
    [kind]: found.map(({ kind: _, lastAt, ...name }) => ({ ...name, lastAt: lastAt === null ? null : iso(lastAt) })),
  };
  print(json, data, rows.length === 0 ? "there are none" : columns(rows));
  return found.length === 0 ? EXIT.idle : EXIT.ok;
}

function sorting(by: string | undefined): (a: Name, b: Name) => number {
  const state = (a: Name, b: Name): number => ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
  const handle = (a: Name, b: Name): number => a.handle.localeCompare(b.handle);
  const client = (a: Name, b: Name): number =>
    (a.handle.split("/")[0] ?? "").localeCompare(b.handle.split("/")[0] ?? "");
  if (by === "client") return (a, b) => client(a, b) || state(a, b) || handle(a, b);
  return (a, b) => state(a, b) || handle(a, b);
}

function checkBy({ command, options }: Parsed): void {
  const ways = ["client", "state"];
  if (options.by !== undefined && !ways.includes(options.by))
    throw usage(command, `--by takes ${ways.join(", ")}, got "${options.by}"`);
}

/** What is still to be done. */
export async function todo(parsed: Parsed): Promise<number> {
  checkBy(parsed);
  return await showNames(parsed, parsed.words, "tasks", true);
}

export async function list(parsed: Parsed): Promise<number> {
  checkBy(parsed);
  return await showNames(parsed, parsed.words, "tasks");
}

/** Each task with its intervals. */
export async function overview(parsed: Parsed): Promise<number> {
  checkBy(parsed);
  const found = await fittingNames(parsed, parsed.words, "tasks", { all: true });
  const tasks = found.map(({ name, works = [] }) => ({ name, works }));
  const told = parsed.json ? "" : tasks.map((task) => overviewText(task, parsed)).join("\n") || "there are none";
  const data = parsed.json ? { tasks: tasks.map(overviewJson) } : {};
  print(parsed.json, data, told);
  return found.length === 0 ? EXIT.idle : EXIT.ok;
}

interface Worked {
  readonly name: Name;
  readonly works: readonly NamedInterval[];
}

function overviewText({ name: { handle, ms, state }, works }: Worked, { here }: Parsed): string {
  const head = `${oneLine(handle)}  ${works.length === 0 ? "not worked yet" : durationText(ms)}${state === "active" ? "" : `  ${state}`}`;
  return [head, ...spanTexts(works, here).map((span) => `  ${span}`)].join("\n");
}

function overviewJson({ name: { handle, state, ms }, works }: Worked): object {
  return { handle, state, ms, intervals: works.map(workJson) };
}
