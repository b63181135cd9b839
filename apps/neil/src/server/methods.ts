/**
 * The answers to Neil's contract. A command emerges an act and answers once it is durable; a question is answered from
 * what is durable, because nobody may hear of an act that is still to be lost.
 */
import type { Handlers } from "@good-place/hemple";
import type { Shawn } from "@good-place/shawn";
import type { neilContract } from "../contract.js";
import { importIntervals, startTask, stopTask } from "../domain/acts.js";
import { find, type Handle } from "../domain/handle.js";
import type { Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { report } from "../domain/report.js";
import { status, work } from "../domain/status.js";

export function methods(office: Shawn<Office>): Handlers<typeof neilContract> {
  return {
    status: () => status(office.durable.envelope, Date.now()),

    *"task/start"(input, call) {
      const created = missing(office.envelope, input.handle);
      yield* call.emerge(startTask(input));
      const interval = office.envelope.intervals.at(input.interval);
      return { work: work(office.envelope, interval, Date.now()), created };
    },

    *"task/stop"(input, call) {
      const running = office.envelope.running;
      if (running === null) throw new Refused("IDLE", "nothing is running");
      yield* call.emerge(stopTask({ ...input, interval: running }));
      return work(office.envelope, office.envelope.intervals.at(running), Date.now());
    },

    report: ({ by }) => report(office.durable.envelope, by, Date.now()),

    *"interval/import"({ dryRun, ...input }, call) {
      const { intervals } = office.durable.envelope;
      const known = input.intervals.filter(({ id }) => intervals.has(id)).length;
      const act = importIntervals(input);
      if (dryRun) office.reduce(office.envelope, act);
      // An import that brings nothing is no act: it would only make the journal longer.
      else if (known < input.intervals.length) yield* call.emerge(act);
      return { added: input.intervals.length - known, known };
    },
  };
}

// The levels of a handle that a start would make.
function missing(office: Office, handle: Handle): string[] {
  const { client, project, task } = find(office, handle);
  const levels: [unknown, string][] = [
    [client, handle.client],
    [project, `${handle.client}/${handle.project}`],
    [task, `${handle.client}/${handle.project}/${handle.task}`],
  ];
  return levels.filter(([row]) => row === undefined).map(([, name]) => name);
}
