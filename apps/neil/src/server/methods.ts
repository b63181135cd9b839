/**
 * The answers to Neil's contract. A command emerges acts and answers once they are durable; a question is answered from
 * what is durable, because nobody may hear of an act that is still to be lost.
 */
import { emergence, type Op } from "@good-place/channel";
import type { Call, Handlers } from "@good-place/hemple";
import type { Act, Shawn } from "@good-place/shawn";
import type { AskName, Done } from "../asks.js";
import { now } from "../clock.js";
import { type neilContract, PAGE } from "../contract.js";
import { canRetrace } from "../domain/acts/steps.js";
import { type Entry, entries } from "../domain/entries.js";
import type { Office } from "../domain/office.js";
import { status, type Work, work } from "../domain/status.js";
import { backwards } from "../domain/timeline.js";
import { actsOf } from "./acts-of.js";
import { answer, stepsOf } from "./answer.js";
import { bookMethods } from "./books.js";
import { faults } from "./faults.js";
import { names } from "./names.js";
import { pageOf } from "./page-of.js";
import type { Recent } from "./recent.js";

export interface Desk {
  readonly office: Shawn<Office>;
  readonly recent: Recent;
  /** The device that a key belongs to. */
  readonly deviceOf: (fingerprint: string) => string | undefined;
}

export function methods({ office, recent, deviceOf }: Desk): Handlers<typeof neilContract> {
  const durable = (): Office => office.durable.envelope;

  function emerge(call: Call, acts: readonly Act[]): Op<void> {
    const by = deviceOf(call.peer.fingerprint);
    return emergence(undefined, acts, { signal: call.signal, ...(by !== undefined && { by }) });
  }

  /** Answers an ask: what it comes to is looked up, confirmed, and told once it is durable. */
  function ask<Name extends Exclude<AskName, "interval/import">>(name: Name) {
    type Input = Parameters<(typeof actsOf)[Name]>[1] & { command: string; dryRun?: boolean | undefined };
    return function* (input: Input, call: Call): Generator<unknown, Done, never> {
      const { command, dryRun = false } = input;
      const before = office.envelope;
      if (stepsOf(before, command).length > 0) return answer(before, before, command, now());
      const acts = (actsOf[name] as (office: Office, input: Input) => readonly Act[])(before, input);
      if (dryRun) return answer(before, tried(office, acts), command, now());
      yield* emerge(call, acts);
      return answer(before, office.envelope, command, now());
    };
  }

  return {
    status: () => status(durable(), now()),
    ...bookMethods(office, emerge),
    entries({ from, to, after, limit }) {
      const found = entries(durable(), Math.max(from, after?.start ?? from), to);
      return pageOf(behind(found, after), limit).map((entry) => ({ ...entry, tags: [...entry.tags] }));
    },
    last: ({ count }) => pageOf(latest(durable()), count),
    names({ from }) {
      const { clients, projects, tasks } = durable();
      const all = from < clients.size + projects.size + tasks.size ? names(durable(), now()) : [];
      return pageOf(all.slice(from), PAGE);
    },
    steps({ count }) {
      const { steps, undone } = durable();
      return [...steps]
        .slice(-count)
        .reverse()
        .map((step) => {
          const { id, act, at, by, about } = step;
          const isUndone = undone.includes(id) || !canRetrace(step);
          return { id, act, at, by, about, state: isUndone ? ("undone" as const) : ("done" as const) };
        });
    },
    acts: ({ after, waitMs }) => recent.after(after, waitMs),
    health: () => {
      const { envelope, seq } = office.durable;
      return { now: now(), seq, intervals: envelope.intervals.size, faults: faults(envelope, now()) };
    },
    *"interval/import"({ dryRun, ...input }, call) {
      const known = input.intervals.filter(({ id }) => durable().intervals.has(id)).length;
      const acts = actsOf["interval/import"](office.envelope, { ...input, dryRun });
      if (dryRun) tried(office, acts);
      else if (acts.length > 0) yield* emerge(call, acts);
      return { added: input.intervals.length - known, known };
    },
    "task/start": ask("task/start"),
    "task/stop": ask("task/stop"),
    "task/switch": ask("task/switch"),
    "interval/add": ask("interval/add"),
    "interval/edit": ask("interval/edit"),
    "interval/split": ask("interval/split"),
    "interval/join": ask("interval/join"),
    "interval/remove": ask("interval/remove"),
    "name/add": ask("name/add"),
    "name/edit": ask("name/edit"),
    "name/merge": ask("name/merge"),
    "name/remove": ask("name/remove"),
    "away/decide": ask("away/decide"),
    "step/undo": ask("step/undo"),
    "step/redo": ask("step/redo"),
  };
}

function* latest(office: Office): Generator<Work> {
  for (const { id } of backwards(office)) yield work(office, id, now());
}

function* behind(
  all: Iterable<Entry>,
  after: { readonly start: number; readonly id: string } | undefined,
): Generator<Entry> {
  for (const entry of all) {
    if (after === undefined || (entry.start >= after.start && entry.id !== after.id)) yield entry;
  }
}

// The office as the acts would make it.
function tried(office: Shawn<Office>, acts: readonly Act[]): Office {
  return acts.reduce((envelope, act) => office.reduce(envelope, act), office.envelope);
}
