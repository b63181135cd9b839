// The bodies that the tests of goThread run, chosen by their input.
import { CLOSED, channel, emergence, giveSupervisor, go, pipe, select, sleep, timeout } from "@good-place/channel";
import { threadChannel } from "@good-place/channel/thread";

const bodies = {
  *double({ value }) {
    yield* sleep(1);
    return value * 2;
  },
  plain: ({ value }) => value,
  async async({ value }, fiber) {
    await null;
    return [value, fiber.name, fiber.signal.aborted];
  },
  *yielding() {
    yield 1;
    yield { two: 2 };
    yield () => {};
    return "end";
  },
  *mixing() {
    yield 1;
    yield* giveSupervisor({ tag: "given" });
    yield 2;
  },
  fails() {
    const cause = new RangeError("too far");
    throw Object.assign(new TypeError("boo", { cause }), { code: "BOO", detail: { n: 1 }, handler() {} });
  },
  async rejects() {
    await null;
    throw new Error("rejected");
  },
  throwsText() {
    throw "just text";
  },
  async uncaught() {
    setTimeout(() => {
      throw Object.assign(new Error("out of nowhere"), { code: "NOWHERE", run() {} });
    }, 1);
    await new Promise(() => {});
  },
  async unhandled() {
    void Promise.reject(new Error("nobody waits"));
    await new Promise(() => {});
  },
  async exits({ code }) {
    await null;
    process.exit(code);
  },
  uncloneable: () => () => {},
  *patient({ started, ended }) {
    try {
      yield* started.give(true);
      yield* sleep(1_000_000);
    } finally {
      yield* sleep(1);
      yield* ended.give("ended in order");
    }
  },
  *cleansBadly({ started }) {
    try {
      yield* started.give(true);
      yield* sleep(1_000_000);
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: what the test is about
      throw new Error("while cleaning");
    }
  },
  async told({ started }, fiber) {
    await started.give(true);
    if (!fiber.signal.aborted) await new Promise((resolve) => fiber.signal.addEventListener("abort", resolve));
    throw fiber.signal.reason;
  },
  *stubborn({ started }) {
    void started.give(true);
    yield* sleep(1);
    for (;;);
  },
  *signals({ tags }) {
    const answers = [];
    for (const tag of tags) answers.push(yield* giveSupervisor({ tag, from: "there" }));
    return answers;
  },
  *pipes({ tags }, { supervisor }) {
    const here = channel(tags.length);
    const piping = pipe(here, supervisor, { close: false });
    for (const tag of tags) yield* here.give({ tag, from: "there" });
    yield* here.finish();
    yield* piping;
    return yield* giveSupervisor({ tag: "last" });
  },
  *selects({ tags }, { supervisor }) {
    const hits = [];
    for (const tag of tags) hits.push((yield* select([[supervisor, { tag }]])).tag);
    hits.push((yield* select([[supervisor, { tag: "late" }], timeout(0)])).tag);
    return hits;
  },
  async takesSignals(_, { supervisor }) {
    return await Promise.resolve(supervisor.take()).catch(({ code }) => code);
  },
  *badSignal() {
    yield* giveSupervisor({ tag: "conn", connection: { close() {} } });
  },
  *emerges({ acts }) {
    try {
      yield* emergence(undefined, acts, { cause: "why" });
      return "confirmed";
    } catch (error) {
      return [error.code, error.message];
    }
  },
  *nested() {
    const inner = go(
      async function inner() {
        throw Object.assign(new Error("inner"), { code: "INNER" });
      },
      { name: "inner" },
    );
    try {
      yield* inner;
    } catch {}
    return "outer";
  },
  *forgets() {
    void go(
      async function lost() {
        throw new Error("lost");
      },
      { name: "lost" },
    );
    yield* sleep(5);
  },
  *leavesWork({ to }) {
    setInterval(() => {}, 1000);
    yield* to.give("given before the end");
    return "returned";
  },
  *holds({ from, to, started }) {
    // Takes two, tells of one, and then waits for ever.
    const first = yield* from.take();
    yield* to.give(first);
    void go(() => from.take());
    yield* started.give(true);
    yield* sleep(1_000_000);
  },
  *parks({ from, to, started }) {
    void go(() => from.take());
    void go(() => to.give("never seen"));
    yield* started.give(true);
    yield* sleep(1_000_000);
  },
  *lives({ homes }) {
    yield* homes.give(threadChannel(1));
    yield* sleep(1_000_000);
  },
  *blocks({ from, flag, started }) {
    void go(() => from.take());
    yield* started.give(true);
    yield* sleep(1);
    Atomics.wait(flag, 0, 0);
    process.exit(0);
  },
  *pump({ from, to }) {
    for (;;) {
      const value = yield* from.take();
      if (value === CLOSED) return "closed";
      if (value.collect) globalThis.gc();
      if (!(yield* to.give(value))) return "refused";
    }
  },
  *takes({ from }) {
    return (yield* from.take()) === CLOSED;
  },
};

export default function body(input, fiber) {
  return bodies[input.body](input, fiber);
}
