/**
 * Handles, `client/project/task`: how people name a task.
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
  const parts = text.split("/");
  const [client, project, task] = parts;
  if (parts.length !== 3 || !client || !project || !task || !parts.every((part) => HANDLE_PART.test(part))) {
    throw new Refused(
      "BAD_HANDLE",
      `a task is named client/project/task, like acme/site/header; got ${JSON.stringify(text)}`,
    );
  }
  return { client, project, task };
}

export function handleText({ client, project, task }: Handle): string {
  return `${client}/${project}/${task}`;
}

/** The rows that a handle names, as far as they exist. */
export interface Found {
  readonly client?: Client | undefined;
  readonly project?: Project | undefined;
  readonly task?: Task | undefined;
}

// Linear: a freelancer has tens of clients and hundreds of tasks, and this runs once a command.
export function find(office: Office, handle: Handle): Found {
  const client = first(office.clients, (row) => row.abbrev === handle.client);
  const project = client && first(office.projects, (row) => row.client === client.id && row.name === handle.project);
  const task = project && first(office.tasks, (row) => row.project === project.id && row.name === handle.task);
  return { client, project, task };
}

/** The handle of a task. */
export function handleOf(office: Office, taskId: string): Handle {
  const task = office.tasks.at(taskId);
  const project = office.projects.at(task.project);
  const client = office.clients.at(project.client);
  return { client: client.abbrev, project: project.name, task: task.name };
}

function first<Row>(rows: Iterable<Row>, fits: (row: Row) => boolean): Row | undefined {
  for (const row of rows) if (fits(row)) return row;
  return undefined;
}
