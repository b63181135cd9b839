import { channel, onUnhandled } from "@good-place/channel";
import { type ThreadWorker, threadChannel } from "@good-place/channel/thread";
import { acts, type Failure, type Follow, payload, type ShawnOptions, shawn, thread } from "@good-place/shawn";
import { describe, expect, onTestFinished, test } from "vitest";
import { codeOf, codeThrown, MemoryJournal } from "./office.js";

interface Log {
  seen: unknown[];
}
const act = acts<Log>();
const note = act("note", payload<unknown>()).does({
  update(log, word) {
    if (word === "refused") throw Object.assign(new Error("not this word"), { code: "REFUSED" });
    log.seen.push(word);
  },
});
const start = act("start", payload<() => Follow>()).does({ watch: (_, make) => make() });
const fresh = (rest: Partial<ShawnOptions<Log>> = {}) => shawn<Log>({ seen: [] }, { acts: [note, start], ...rest });
const bodies = new URL("./thread-bodies.mjs", import.meta.url);
const run = (body: string, input: object = {}, options = {}) =>
  start(() => thread(bodies, { body, ...input }, options));

describe("a thread cocoon", () => {
  test("emits what its body yields, and its product is what that returns", async () => {
    const log = fresh();
    log.confirm(run("counting", { from: 0, to: 3 }), note("meanwhile"));
    expect(await log.admit()).toEqual([{ seen: ["meanwhile", 0, 1, 2] }, "counted to 3"]);
  });

  test("keeps the order of what it yields and what it emerges", async () => {
    const log = fresh();
    log.confirm(run("mixed"));
    expect((await log.admit())[0].seen).toEqual(["yielded", "emerged", "with it", "yielded last"]);
  });

  test("is caused by the act that started it", async () => {
    const causes: unknown[] = [];
    const log = fresh({ id: () => `id ${log.seq + 1}` });
    log.subscribe((_, __, confirmed) => void causes.push(...confirmed.map(({ meta }) => meta.cause)));
    log.confirm(run("mixed"));
    await log.admit();
    expect(causes).toEqual([undefined, "id 1", "id 1", "id 1", "id 1"]);
  });

  test("emerges only when its acts are durable", async () => {
    const journal = new MemoryJournal();
    const confirmed = threadChannel<string>(1);
    const begin = act("begin").does({ watch: () => thread(bodies, { body: "emerging", confirmed }) });
    const log = shawn<Log>({ seen: [] }, { acts: [note, begin], journal });
    await log.settled();
    log.confirm(begin());
    await log.settled();
    const asked = channel<void>();
    log.subscribe(() => void asked.tryGive());
    journal.held = true;
    const answered = confirmed.take();
    await asked.take();
    expect([log.envelope.seen, journal.records.length, confirmed.statistics().given]).toEqual([["asked"], 1, 0]);
    journal.release();
    expect(await answered).toBe("answered");
    await log.admit();
  });

  test("hears of a refusal where it emerges", async () => {
    const log = fresh();
    const acts = [{ name: "nobody", payload: 1 }, { name: "note", payload: "refused" }, 5];
    log.confirm(run("refused", { acts }));
    expect(await log.admit()).toEqual([{ seen: [] }, ["UNKNOWN_ACT", "REFUSED", "NOT_AN_ACT"]]);
  });

  test("lives by its policy, among other cocoons of its key", async () => {
    const log = fresh();
    const input = { from: 1, to: 2 };
    log.confirm(run("counting", input, { policy: "queue" }), run("counting", { from: 2, to: 3 }, { policy: "queue" }));
    expect((await log.admit())[0].seen).toEqual([1, 2]);
    const started = threadChannel<boolean>(1);
    log.confirm(run("patient", { started }, { policy: "leading" }), run("counting", input, { policy: "leading" }));
    await started.take();
    log.confirm(run("counting", input, { policy: "latest" }));
    const [{ seen }, ...products] = await log.admit();
    expect(seen.slice(2).sort()).toEqual([1, "ended in order"]);
    expect(products).toEqual(["counted to 2"]);
  });

  test("is ended by dismiss, after its finally blocks; what it still yields is dropped", async () => {
    const log = fresh();
    const started = threadChannel<boolean>(1);
    log.confirm(run("patient", { started }));
    await started.take();
    await log.dismiss();
    expect([log.envelope.seen, log.living, log.threadFlow.closed]).toEqual([[], [], true]);
  });

  test("a fiber that its body starts emerges too, and ends with the body", async () => {
    const log = fresh();
    log.confirm(run("withChildren", {}, { graceMs: 20 }));
    expect(await log.admit()).toEqual([{ seen: ["of a child", "of its parent"] }, "parent"]);
  });

  test("runs in a worker that its user makes", async () => {
    const make = (): ThreadWorker => {
      const url = new URL("./thread-served.mjs", import.meta.url);
      if (typeof Worker === "function") return new Worker(url, { type: "module" });
      const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads");
      return new NodeWorker(url);
    };
    const log = fresh();
    log.confirm(start(() => thread(make, "from it")));
    expect(await log.admit()).toEqual([{ seen: ["from it"] }, "served"]);
  });
});

describe("a thread cocoon that fails", () => {
  const failures: Failure[] = [];
  const watched = () => {
    failures.length = 0;
    return fresh({ onError: (failure) => void failures.push(failure) });
  };
  const told = () => failures.map(({ phase, cocoon, error }) => [phase, cocoon, (error as { code: string }).code]);

  test("reaches onError with the ThreadError, or the next admit", async () => {
    const outcomes = threadChannel<string>(2);
    await outcomes.give("failure");
    await outcomes.give("failure");
    const log = watched();
    log.confirm(run("trying", { outcomes }, { key: "thread" }));
    expect((await log.admit()).slice(1)).toEqual([]);
    expect(told()).toEqual([["cocoon", "thread", "THREAD_FAILED"]]);
    const other = fresh();
    other.confirm(run("trying", { outcomes }));
    expect(await codeOf(other.admit())).toBe("THREAD_FAILED");
    expect(await other.admit()).toEqual([{ seen: ["failure"] }]);
  });

  test.each([
    ["an unknown act", { name: "nobody", payload: 1 }, "UNKNOWN_ACT"],
    ["an act whose update refuses", { name: "note", payload: "refused" }, "REFUSED"],
    ["what is no act", 5, "NOT_AN_ACT"],
  ])("by yielding %s is cancelled, and nothing that it yields after it is confirmed", async (_, bad, code) => {
    for (const wait of [true, false]) {
      const log = fresh();
      const acts = [note("before"), bad, note("after")];
      log.confirm(run("yielding", { acts, wait }));
      expect(await codeOf(log.admit())).toBe(code);
      expect(await log.admit()).toEqual([{ seen: ["before"] }]);
    }
  });

  test("by its last yield fails, however much of what it yielded was still to be worked off", async () => {
    const log = fresh();
    log.confirm(run("rushing", { count: 5000 }));
    expect(await codeOf(log.admit())).toBe("REFUSED");
    expect((await log.admit())[0].seen).toHaveLength(5000);
  });

  test("is started anew if it is to be, as one living cocoon", async () => {
    const outcomes = threadChannel<string>(3);
    for (const outcome of ["failure", "failure", "success"]) await outcomes.give(outcome);
    const log = watched();
    log.confirm(run("trying", { outcomes }, { restart: { restarts: 2 } }));
    expect(await log.admit()).toEqual([{ seen: ["failure", "failure", "success"] }, "success"]);
    expect(failures.map(({ restartMs }) => restartMs)).toEqual([0, 0]);
  });

  test("for its module is not there fails with THREAD_MODULE, for its source is none with NOT_A_URL", async () => {
    const log = fresh();
    log.confirm(start(() => thread(new URL("./nowhere.mjs", import.meta.url))));
    expect(await codeOf(log.admit())).toBe("THREAD_MODULE");
    log.confirm(start(() => thread("./nowhere.mjs")));
    expect(await codeOf(log.admit())).toBe("NOT_A_URL");
  });

  test("after its flow was closed by hand is told of all the same", async () => {
    onTestFinished(onUnhandled(() => {}));
    const outcomes = threadChannel<string>();
    const log = watched();
    log.confirm(run("trying", { outcomes }, { key: "apart" }));
    await outcomes.give("failure");
    log.threadFlow.close("by hand");
    await log.admit();
    expect(told()).toEqual([["cocoon", "apart", "THREAD_FAILED"]]);
  });
});

test("wrong options of thread() have codes", () => {
  expect(codeThrown(() => thread(bodies, 1, { graceMS: 1 } as never))).toBe("UNKNOWN_OPTION");
  expect(codeThrown(() => thread(bodies, 1, { policy: "last" as never }))).toBe("BAD_POLICY");
  expect(codeThrown(() => thread(bodies, 1, { restart: true, transfer: [] }))).toBe("BAD_OPTION");
  expect(codeThrown(() => thread(bodies, 1, { restart: { restarts: -1 } }))).toBe("BAD_OPTION");
});
