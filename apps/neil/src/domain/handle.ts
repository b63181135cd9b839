/**
 * Handles, `client/project/task`: how people name a task, and `client` and `client/project` what is above it. The names
 * stand in a table of their own, each under what it belongs to, so that a handle is found without a search.
 */
import type { Client, Office, Project, Task } from "./office.js";
import { Refused } from "./refused.js";

export interface Handle {
  readonly client: string;
  readonly project: string;
  readonly task: string;
}

/** One part of a handle: letters, digits and . _ + - of any script, up to 64 of them. */
export const HANDLE_PART = /^[\p{L}\p{N}][\p{L}\p{N}\p{M}._+-]{0,63}$/u;

export function parseHandle(text: string): Handle {
  const [client, project, task] = handleParts(text);
  if (client === undefined || project === undefined || task === undefined) {
    throw new Refused(
      "BAD_HANDLE",
      `a task is named client/project/task, like acme/site/header; got ${JSON.stringify(text)}`,
    );
  }
  return { client, project, task };
}

/** One to three parts. Throws BAD_HANDLE. */
export function handleParts(text: string): readonly string[] {
  const parts = text.normalize("NFC").split("/");
  if (parts.length <= 3 && parts.every((part) => HANDLE_PART.test(part))) return parts;
  throw new Refused(
    "BAD_HANDLE",
    `a handle is client, client/project or client/project/task, like acme/site/header; got ${JSON.stringify(text)}`,
  );
}

export function handleText({ client, project, task }: Handle): string {
  return `${client}/${project}/${task}`;
}

/** Under which key a name stands: `above` is the id of what it belongs to, empty for a client. */
export function nameKey(above: string, name: string): string {
  return `${above}/${name}`;
}

/** The rows that a handle names, as far as they exist. */
export interface Found {
  readonly client?: Client | undefined;
  readonly project?: Project | undefined;
  readonly task?: Task | undefined;
}

export function find(office: Office, handle: { readonly client: string; project?: string; task?: string }): Found {
  const id = (above: string, name: string | undefined): string =>
    name === undefined ? "" : (office.names.get(nameKey(above, name))?.of ?? "");
  const client = office.clients.get(id("", handle.client));
  const project = client && office.projects.get(id(client.id, handle.project));
  const task = project && office.tasks.get(id(project.id, handle.task));
  return { client, project, task };
}

/** The handle of a task. */
export function handleOf(office: Office, taskId: string): Handle {
  const task = office.tasks.at(taskId);
  const project = office.projects.at(task.project);
  const client = office.clients.at(project.client);
  return { client: client.abbrev, project: project.name, task: task.name };
}

/** The handle of a project. */
export function projectHandle(office: Office, { client, name }: Project): string {
  return `${office.clients.at(client).abbrev}/${name}`;
}

/**
 * The handle that is meant: the one that is there, or else the only task whose parts begin with these. Gives the parts
 * as they are where nothing fits. Throws AMBIGUOUS, which names those that fit.
 */
export function meant(office: Office, parts: readonly string[]): readonly string[] {
  const [client = "", project, task] = parts;
  const found = find(office, { client, ...(project && { project }), ...(task && { task }) });
  if ([found.client, found.project, found.task][parts.length - 1] !== undefined) return parts;
  const fitting = [...below(office, parts.length)].filter((names) =>
    parts.every((part, level) => names[level]?.startsWith(part)),
  );
  if (fitting.length > 1) {
    const some = fitting.slice(0, 5).map((names) => names.join("/"));
    const more = fitting.length > some.length ? ` and ${fitting.length - some.length} more` : "";
    throw new Refused("AMBIGUOUS", `${parts.join("/")} could be ${some.join(", ")}${more}`);
  }
  return fitting[0] ?? parts;
}

/** The parts of every handle of a depth: 1 for clients, 2 for projects, 3 for tasks. */
export function* below(office: Office, depth: number): Generator<readonly string[], void> {
  if (depth === 1) for (const { abbrev } of office.clients) yield [abbrev];
  if (depth === 2) for (const row of office.projects) yield projectHandle(office, row).split("/");
  if (depth === 3) for (const { id } of office.tasks) yield Object.values(handleOf(office, id));
}
