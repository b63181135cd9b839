/**
 * The answers to Neil's contract. A command emerges acts and answers once they are durable; a question is answered from
 * what is durable, because nobody may hear of an act that is still to be lost.
 */
import { emergence, type Op } from "@good-place/channel";
import type { Call, Handlers } from "@good-place/hemple";
import type { MansionJournal } from "@good-place/mansion";
import type { Act, Shawn } from "@good-place/shawn";
import type { AskName } from "../asks.js";
import { now } from "../clock.js";
import { type neilContract, PAGE } from "../contract.js";
import { canRetrace } from "../domain/acts/steps.js";
import { entries, type NamedInterval } from "../domain/entries.js";
import type { Office } from "../domain/office.js";
import { status, type Work, work } from "../domain/status.js";
import { backwards } from "../domain/timeline.js";
import { actsOf } from "./acts-of.js";
import { bookMethods } from "./books.js";
import type { Devices } from "./devices.js";
import { faults } from "./faults.js";
import { fulfil, tried } from "./fulfil.js";
import { invoiceMethods } from "./invoices.js";
import { names } from "./names.js";
import { pageOf } from "./page-of.js";
import { interval } from "./resolve.js";

export interface Desk {
  readonly office: Shawn<Office>;
  /** What the office is kept in. */
  readonly journal: MansionJournal;
  readonly devices: Devices;
  /** The address of the page, with its key. */
  readonly pageUrl: () => string;
}

export function methods({ office, journal, devices, pageUrl }: Desk): Handlers<typeof neilContract> {
  const durable = (): Office => office.durable.envelope;

  function emerge(call: Call, acts: readonly Act[]): Op<void> {
    const by = devices.nameOf(call.peer.fingerprint);
    return emergence(undefined, acts, { signal: call.signal, ...(by !== undefined && { by }) });
  }

  function ask<Name extends Exclude<AskName, "interval/import">>(name: Name) {
    return (input: Parameters<typeof fulfil<Name>>[2], { peer, signal }: Call) =>
      fulfil(office, name, input, { by: devices.nameOf(peer.fingerprint), signal });
  }

  return {
    status: () => status(durable(), now()),
    ...bookMethods(office, emerge),
    ...invoiceMethods(office),
    entries({ from, to, after, limit }) {
      const found = entries(durable(), Math.max(from, after?.start ?? from), to);
      return pageOf(behind(found, after), limit).map((entry) => ({ ...entry, tags: [...entry.tags] }));
    },
    interval({ ref }) {
      const found = work(durable(), interval(durable(), ref).id, now());
      return { ...found, tags: [...found.tags] };
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
    async *acts({ after }, call) {
      let seq = Math.min(Number(call.after ?? after ?? office.durable.seq), office.durable.seq);
      yield { seq, acts: [] };
      for await (const { name, payload, meta } of journal.follow(seq + 1, { signal: call.signal })) {
        seq = meta.seq;
        yield { seq, acts: [{ seq, name, at: meta.at, by: meta.by ?? null, payload }] };
      }
    },
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
    page: () => ({ url: pageUrl() }),
    "devices/reload": () => devices.reload(),
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
    "invoice/draft": ask("invoice/draft"),
    "invoice/issue": ask("invoice/issue"),
    "invoice/cancel": ask("invoice/cancel"),
    "invoice/pay": ask("invoice/pay"),
    "invoice/remove": ask("invoice/remove"),
    "terms/set": ask("terms/set"),
    "step/undo": ask("step/undo"),
    "step/redo": ask("step/redo"),
  };
}

function* latest(office: Office): Generator<Work> {
  for (const { id } of backwards(office)) yield work(office, id, now());
}

function* behind(
  all: Iterable<NamedInterval>,
  after: { readonly start: number; readonly id: string } | undefined,
): Generator<NamedInterval> {
  for (const entry of all) {
    if (after === undefined || (entry.start >= after.start && entry.id !== after.id)) yield entry;
  }
}
