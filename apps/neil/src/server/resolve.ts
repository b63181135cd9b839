/**
 * What is meant by what people type: intervals by their place or the beginning of their id, handles by their beginnings.
 */
import { nearest } from "@good-place/channel/misuse";
import type { Seen } from "../domain/acts/intervals.js";
import type { Kind } from "../domain/acts/names.js";
import { find, type Handle, handleParts, handleText, meant, parseHandle } from "../domain/handle.js";
import type { Client, Interval, Office, Project, Task } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { newest } from "../domain/timeline.js";

/** The interval that is meant, at the revision that was seen, or as it is now. */
export function seenInterval(
  office: Office,
  { ref, rev }: { readonly ref: string; readonly rev?: number | undefined },
): Seen {
  const { id, rev: now } = interval(office, ref);
  return { id, rev: rev ?? now };
}

export function interval(office: Office, ref: string): Interval {
  const [, place] = /^@(\d{0,9})$/.exec(ref) ?? [];
  if (place !== undefined && Number(place) === 0) {
    if (office.running === null) throw new Refused("IDLE", "nothing is running");
    return office.intervals.at(office.running);
  }
  const found = place === undefined ? byId(office, ref) : newest(office, Number(place));
  if (found !== undefined) return found;
  throw new Refused("NOT_FOUND", `there is no interval ${ref}: @1 is the newest of ${office.intervals.size}`);
}

function byId(office: Office, ref: string): Interval | undefined {
  const exact = office.intervals.get(ref);
  if (exact !== undefined || ref.length < 4) return exact;
  let found: Interval | undefined;
  for (const each of office.intervals) {
    if (!each.id.startsWith(ref)) continue;
    if (found !== undefined) throw new Refused("AMBIGUOUS", `the ids of several intervals begin with ${ref}`);
    found = each;
  }
  return found;
}

/** The task that is meant; with `create` the very one, be it there or not. */
export function taskHandle(office: Office, text: string, create: boolean): Handle {
  if (create) return parseHandle(text);
  const parts = handleParts(text);
  const [client = "", project = "", task = ""] =
    parts.length === 2 ? onlyTask(office, parts) : meant(office, Object.values(parseHandle(text)));
  const handle = { client, project, task };
  refuseSlip(office, handle);
  return handle;
}

// A project names its task, where it has but one.
function onlyTask(office: Office, parts: readonly string[]): readonly string[] {
  const [client = "", project = ""] = meant(office, parts);
  const found = find(office, { client, project }).project;
  const [first, second] = [...office.tasks].filter((task) => task.project === found?.id && task.state === "active");
  if (first !== undefined && second === undefined) return [client, project, first.name];
  return Object.values(parseHandle(parts.join("/")));
}

// A new name that is another but for its capitals was hardly meant, nor a client or a project that is nearly another.
// Numbers differ by design, and a slip seldom hits the first letter: home is no acme.
function refuseSlip(office: Office, handle: Handle): void {
  const { client, project, task } = find(office, handle);
  if (task !== undefined) return;
  const [typed, known] =
    client === undefined
      ? [handle.client, [...office.clients].map(({ abbrev }) => abbrev)]
      : project === undefined
        ? [handle.project, [...office.projects].filter((row) => row.client === client.id).map(({ name }) => name)]
        : [handle.task, [...office.tasks].filter((row) => row.project === project.id).map(({ name }) => name)];
  const same = known.find((each) => each.toLowerCase() === typed.toLowerCase());
  if (same === undefined && (project !== undefined || typed.length < 4)) return;
  const near =
    same ??
    nearest(
      typed,
      known.filter((each) => each[0] === typed[0] && each.replace(/\D/g, "") === typed.replace(/\D/g, "")),
    );
  if (near === undefined || near === null) return;
  throw new Refused("NEAR_NAME", `there is no ${typed}, but ${near}: ${handleText(handle)} would be new`);
}

export interface Named {
  readonly kind: Kind;
  readonly row: Client | Project | Task;
  readonly handle: string;
}

/** The client, project or task that is there. Throws NOT_FOUND, with what is near. */
export function named(office: Office, text: string): Named {
  const [client = "", project, task] = meant(office, handleParts(text));
  const found = find(office, { client, ...(project && { project }), ...(task && { task }) });
  const handle = [client, project, task].filter(Boolean).join("/");
  const kind = task !== undefined ? "tasks" : project !== undefined ? "projects" : "clients";
  const row = { clients: found.client, projects: found.project, tasks: found.task }[kind];
  if (row !== undefined) return { kind, row, handle };
  throw new Refused("NOT_FOUND", `there is no ${kind.slice(0, -1)} ${handle}`);
}
