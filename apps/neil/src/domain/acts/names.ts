/**
 * The acts on clients, projects and tasks: add, edit, merge, remove. One set for the three kinds: what differs is what
 * they belong to.
 */
import * as z from "zod/mini";
import { type Change, change } from "../change.js";
import { handleOf, handleText, projectHandle } from "../handle.js";
import type { Client, Office, Project, Row, Task } from "../office.js";
import { Refused } from "../refused.js";
import { act, ensureClient, ensureProject, ensureTask, id, note, portable, text } from "./parts.js";

export const Kind = z.enum(["clients", "projects", "tasks"]);
export type Kind = z.output<typeof Kind>;

/** What stands on an invoice about a client. */
export const Invoice = z.strictObject({
  street: text(200),
  city: text(200),
  zip: text(40),
  regId: text(80),
  vatId: text(80),
  legal: text(500),
  country: z.string().check(z.regex(/^([A-Z]{2})?$/, "expected the two letters of a country, like CZ")),
});

/** What can be said of each kind. */
const Fields = z.strictObject({
  /** The name for people; only of a client. */
  title: z.optional(text(200)),
  note: z.optional(note),
  /** Only of a client. What is not said stays. */
  invoice: z.optional(z.partial(Invoice)),
});

/** Makes what the handle names, and what is missing above it. */
const adds = portable(({ part }) =>
  z.strictObject({ command: id, handle: z.array(part).check(z.minLength(1), z.maxLength(3)), fields: Fields }),
);

const edits = portable(({ part }) =>
  z.strictObject({
    command: id,
    kind: Kind,
    id,
    rev: z.int(),
    /** Another name. */
    rename: z.optional(part),
    state: z.optional(z.enum(["active", "archived", "completed", "canceled"])),
    fields: Fields,
  }),
);

const RowSeen = z.strictObject({ id, rev: z.int() });

/** Everything that belongs to the first goes to the second, and the first is gone. */
export const MergeNames = z.strictObject({ command: id, kind: Kind, from: RowSeen, into: RowSeen });

export const RemoveName = z.strictObject({ command: id, kind: Kind, id, rev: z.int() });

const STATES: Readonly<Record<Kind, readonly string[]>> = {
  clients: ["active", "archived"],
  projects: ["active", "completed", "archived"],
  tasks: ["active", "completed", "canceled"],
};

export const addName = act("name/add", adds.schema, { kept: adds.kept }).does({
  update(office, { command, handle: [client = "", project, task], fields }, meta) {
    const about = [client, project, task].filter(Boolean).join("/");
    change(office, meta, { act: "name/add", command, about }, (it) => {
      const before = it.changes.length;
      const ids = made(it, client, project, task);
      if (it.changes.length === before) throw new Refused("ALREADY", `${about} is there already`);
      const kind = (["clients", "projects", "tasks"] as const)[ids.length - 1] as Kind;
      describe(it, kind, it.row(kind, ids[ids.length - 1] as string), fields);
    });
  },
});

export const editName = act("name/edit", edits.schema, { kept: edits.kept }).does({
  update(office, { command, kind, id, rev, rename, state, fields }, meta) {
    change(office, meta, { act: "name/edit", command, about: nameOf(office, kind, id) }, (it) => {
      const row = known(it, kind, id, rev);
      if (state !== undefined) refuseState(it, kind, row, state);
      const named = rename === undefined ? {} : kind === "clients" ? { abbrev: rename } : { name: rename };
      describe(it, kind, { ...row, ...named, ...(state && { state }) } as typeof row, fields);
    });
  },
});

export const mergeNames = act("name/merge", MergeNames).does({
  update(office, { command, kind, from, into }, meta) {
    change(office, meta, { act: "name/merge", command, about: nameOf(office, kind, from.id) }, (it) => {
      known(it, kind, from.id, from.rev);
      known(it, kind, into.id, into.rev);
      if (from.id === into.id) throw new Refused("CONFLICT", "it cannot be merged into itself");
      merge(it, kind, from.id, into.id);
    });
  },
});

const HELD = {
  clients: ["project or invoice", "projects and invoices"],
  projects: ["task", "tasks"],
  tasks: ["interval", "intervals"],
} as const;

export const removeName = act("name/remove", RemoveName).does({
  update(office, { command, kind, id, rev }, meta) {
    change(office, meta, { act: "name/remove", command, about: nameOf(office, kind, id) }, (it) => {
      known(it, kind, id, rev);
      const count = office.held.get(id)?.count ?? 0;
      if (count > 0) {
        const [one, many] = HELD[kind];
        throw new Refused("IN_USE", `${nameOf(office, kind, id)} still has ${count} ${count === 1 ? one : many}`);
      }
      it.drop(kind, id);
    });
  },
});

function made(it: Change, client: string, project: string | undefined, task: string | undefined): string[] {
  const ids = [ensureClient(it, { client }, it.meta.id)];
  if (project !== undefined) ids.push(ensureProject(it, { client, project }, it.meta.id));
  if (project !== undefined && task !== undefined) ids.push(ensureTask(it, { client, project, task }, it.meta.id));
  return ids;
}

function describe(it: Change, kind: Kind, row: Client | Project | Task, fields: z.output<typeof Fields>): void {
  const { title, note, invoice } = fields;
  if (kind !== "clients" && (title !== undefined || invoice !== undefined)) {
    throw new Refused("CONFLICT", "only a client has a title and an address");
  }
  const client = row as Client;
  const said = { ...row, ...(note !== undefined && { note }), ...(title !== undefined && { name: title }) };
  it.put(kind, (invoice === undefined ? said : { ...said, invoice: { ...client.invoice, ...invoice } }) as never);
}

function known(it: Change, kind: Kind, id: string, rev: number): Client | Project | Task {
  const row = it.office[kind].get(id) as Row | undefined;
  if (row === undefined) throw new Refused("CONFLICT", `this ${kind.slice(0, -1)} is not there any more`);
  if (row.rev !== rev) {
    throw new Refused("CONFLICT", `${nameOf(it.office, kind, id)} is another by now: it was changed since you looked`);
  }
  return it.row(kind, id);
}

function refuseState(it: Change, kind: Kind, { id }: Row, state: string): void {
  const { office } = it;
  if (!STATES[kind].includes(state)) {
    throw new Refused("CONFLICT", `a ${kind.slice(0, -1)} is ${STATES[kind].join(", ")}; it cannot be ${state}`);
  }
  // Work that was done stays done: only what was never worked on can be called off.
  if (state === "canceled" && office.held.has(id)) {
    throw new Refused("IN_USE", `${nameOf(office, kind, id)} was worked on: complete it instead`);
  }
  if (state === "active" || office.running === null) return;
  const task = office.tasks.at(office.intervals.at(office.running).task);
  const above = [task.id, task.project, office.projects.at(task.project).client];
  if (above.includes(id)) throw new Refused("RUNNING", `${handleText(handleOf(office, task.id))} is running`);
}

function merge(it: Change, kind: Kind, from: string, into: string): void {
  const { view } = it;
  if (kind === "tasks") {
    for (const { id } of [...view.intervals].filter(({ task }) => task === from)) {
      it.put("intervals", { ...it.row("intervals", id), task: into });
    }
  } else {
    const [below, above] = kind === "clients" ? (["projects", "client"] as const) : (["tasks", "project"] as const);
    const [theirs, ours] = [from, into].map((id) => children(view, below, above, id)) as [Children, Children];
    for (const [name, id] of theirs) {
      const twin = ours.get(name);
      if (twin !== undefined) merge(it, below, id, twin);
      else it.put(below, { ...it.row(below, id), [above]: into } as never);
    }
  }
  refuseTerms(it, kind, from);
  it.drop(kind, from);
}

// It would be gone with what it is for, and what was worked would cost something else, or nothing.
function refuseTerms({ office }: Change, kind: Kind, id: string): void {
  const ways = [
    ["rates", "a rate", "rate rm"],
    ["budgets", "a budget", "budget rm"],
    ["terms", "terms", "invoice config"],
  ] as const;
  for (const [table, what, way] of ways) {
    if (![...office[table]].some(({ scope }) => scope === id)) continue;
    throw new Refused(
      "IN_USE",
      `${nameOf(office, kind, id)} has ${what} of its own, which a merge would lose: take it away first, ${way}`,
    );
  }
}

type Children = Map<string, string>;

function children(office: Office, below: "projects" | "tasks", above: "client" | "project", id: string): Children {
  const rows = [...office[below]] as unknown as Record<string, string>[];
  return new Map(rows.filter((row) => row[above] === id).map((row) => [row.name as string, row.id as string]));
}

/** The handle of a row; empty where there is none. */
export function nameOf(office: Office, kind: Kind, id: string): string {
  if (!office[kind].has(id)) return "";
  if (kind === "clients") return office.clients.at(id).abbrev;
  if (kind === "projects") return projectHandle(office, office.projects.at(id));
  return handleText(handleOf(office, id));
}
