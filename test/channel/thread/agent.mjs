// A thread that does what it is told, so that one worker serves all tests of a file: it takes commands, runs each as a
// fiber, and gives back what became of it. Nothing here knows what a test expects.
import { CLOSED, EMPTY, go, lazy, otherwise, rselect, select, sleep, timeout } from "@good-place/channel";
import { threadChannel } from "@good-place/channel/thread";

const channels = new Map();
const running = new Map();

const ops = {
  use({ channel, as }) {
    channels.set(as, channel);
    return true;
  },
  make({ as, capacity }) {
    channels.set(as, threadChannel(capacity));
    return channels.get(as);
  },
  same: ({ on, channel }) => channels.get(on) === channel,
  forget: ({ on }) => channels.delete(on),
  give: ({ on, value, move }) => channels.get(on).give(value, move ? { transfer: [value] } : undefined),
  uncloneable: ({ on }) => channels.get(on).give({ job: { run() {} } }),
  take: ({ on }) => channels.get(on).take(),
  tryGive: ({ on, value }) => channels.get(on).tryGive(value),
  tryTake: ({ on }) => channels.get(on).tryTake(),
  close: ({ on, reason }) => void channels.get(on).close(reason),
  finish: ({ on }) => channels.get(on).finish(),
  abort: ({ on, error }) => void channels.get(on).abort(error),
  state: ({ on }) => ({ closed: channels.get(on).closed, reason: channels.get(on).reason }),
  statistics: ({ on }) => channels.get(on).statistics(),
  *select({ clauses, fair }) {
    const made = clauses.map((clause) => {
      if (clause.take !== undefined) return channels.get(clause.take);
      if (clause.lazy !== undefined) return [channels.get(clause.give), lazy(() => clause.lazy)];
      if (clause.give !== undefined) return [channels.get(clause.give), clause.value];
      return clause.ms === undefined ? otherwise : timeout(clause.ms);
    });
    const { tag, index, value } = yield* (fair ? rselect : select)(made);
    return { tag, index, value };
  },
  *giveAll({ on, from, count }) {
    const channel = channels.get(on);
    for (let i = from; i < from + count; i++) if (!(yield* channel.give(i))) return i;
    return from + count;
  },
  *takeAll({ on }) {
    const channel = channels.get(on);
    const taken = [];
    for (;;) {
      const value = yield* channel.take();
      if (value === CLOSED) return taken;
      taken.push(value);
    }
  },
  async iterate({ on }) {
    const taken = [];
    for await (const value of channels.get(on)) taken.push(value);
    return taken;
  },
  async aborted({ on, reason }) {
    const controller = new AbortController();
    const waiting = channels.get(on).take({ signal: controller.signal });
    controller.abort(reason);
    return waiting;
  },
  // A give, take or select that is cancelled after some milliseconds, or at once.
  *impatient({ what, ms, ...command }) {
    const inner = go(() => ops[what](command));
    if (ms >= 0) yield* sleep(ms);
    inner.cancel("impatient");
    return yield* inner;
  },
  // Impatient steps, one after the other; what became of each.
  *script({ steps }) {
    const outcomes = [];
    for (const step of steps) outcomes.push(yield* outcomeOf(go(() => ops.impatient(step))));
    return outcomes;
  },
};

export default function* agent({ commands, outcomes }) {
  for (;;) {
    const command = yield* commands.take();
    if (command === CLOSED) return "done";
    if (command.op === "cancel") {
      running.get(command.of)?.cancel("told to");
      continue;
    }
    const fiber = go(() => ops[command.op](command), { name: command.op });
    running.set(command.id, fiber);
    void go(function* reporting() {
      const outcome = yield* outcomeOf(fiber);
      running.delete(command.id);
      yield* outcomes.give({ id: command.id, ...outcome });
    });
  }
}

function* outcomeOf(fiber) {
  try {
    const value = yield* fiber;
    return { value: value === CLOSED ? "CLOSED" : value === EMPTY ? "EMPTY" : value };
  } catch (error) {
    return { error: error?.code ?? error };
  }
}
