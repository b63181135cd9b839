import { channel, type Emergence, emergence, go, onUnhandled, type Signal, supervise } from "@good-place/channel";
import { acts, cocoon, emerge, payload, shawn } from "@good-place/shawn";
import { expect, onTestFinished, test } from "vitest";
import { codeOf, MemoryJournal, turns } from "./office.js";

interface Log {
  seen: string[];
}
const act = acts<Log>();
const note = act("note", payload<string>()).does({
  update(log, word) {
    if (word === "refused") throw Object.assign(new Error(word), { code: "REFUSED" });
    log.seen.push(word);
  },
});
const fresh = (rest = {}) => shawn<Log>({ seen: [] }, { acts: [note], ...rest });

test("a foreign fiber under the flow emerges acts, which are confirmed before it goes on", async () => {
  const log = fresh();
  const seen = await go(
    function* () {
      yield* emerge(note("a"), note("b"));
      return log.envelope.seen;
    },
    { supervisor: log.flow },
  );
  expect(seen).toEqual(["a", "b"]);
});

test("an emergence travels up a chain of supervisors", async () => {
  const log = fresh();
  const server = channel<Signal>(9);
  void supervise(server, (signal) => log.flow.give(signal), { supervisor: null });
  await go(() => emerge(note("from below")), { supervisor: server });
  expect(log.envelope.seen).toEqual(["from below"]);
  server.close();
});

test.each([
  ["without onError", {}],
  ["with onError", { onError: () => {} }],
])("it fails with the refusal, and the flow goes on: %s", async (_, options) => {
  // The failing fiber is the flow's as well, where nobody looks at signals.
  onTestFinished(onUnhandled(() => {}));
  const log = fresh(options);
  const under = { supervisor: log.flow };
  expect(await codeOf(go(() => emerge(note("refused")), { ...under, supervisor: log.flow }))).toBe("REFUSED");
  expect(await codeOf(emergence(log.flow, [{ name: "nobody", payload: 1 }]))).toBe("UNKNOWN_ACT");
  expect(await codeOf(emergence(log.flow, ["nonsense"]))).toBe("NOT_AN_ACT");
  expect(await codeOf(emergence(log.flow, 5 as never))).toBe("NOT_AN_ACT");
  await go(() => emerge(note("on")), under);
  expect(log.envelope.seen).toEqual(["on"]);
  await turns();
});

test("a refusal of undefined is a refusal", async () => {
  const nothing = act("nothing").does({
    update() {
      throw undefined;
    },
  });
  const log = shawn<Log>({ seen: [] }, { acts: [nothing] });
  expect(await codeOf(emergence(log.flow, [nothing()]))).toBe("THREW_NOTHING");
});

test.each([
  ["without onError", {}],
  ["with onError", { onError: () => {} }],
])("it is not told of what a subscriber's own act fails with, and that is not forgotten: %s", async (_, options) => {
  const log = fresh(options);
  const stop = log.subscribe(() => {
    stop();
    log.confirm(note("refused"));
  });
  await emergence(log.flow, [note("fine")]);
  expect(log.envelope.seen).toEqual(["fine"]);
  expect(await codeOf(log.admit())).toBe("onError" in options ? undefined : "REFUSED");
});

test("the refusal of a signal that nobody waits for is kept for admit", async () => {
  const log = fresh();
  await log.flow.give({ tag: "emergence", acts: [note("refused")] } as Emergence);
  await turns();
  expect(await codeOf(log.admit())).toBe("REFUSED");
});

test("with a journal it settles when the acts are durable, not before", async () => {
  const journal = new MemoryJournal();
  const log = fresh({ journal });
  await log.settled();
  journal.held = true;
  let settled = false;
  const emerging = emergence(log.flow, [note("a")]).then(() => {
    settled = true;
  });
  await turns();
  expect([log.envelope.seen, settled]).toEqual([["a"], false]);
  journal.release();
  await emerging;
  expect(journal.records).toHaveLength(1);
});

test("with a journal that fails it fails with JOURNAL_FAILED", async () => {
  const journal = new MemoryJournal();
  const log = fresh({ journal });
  await log.settled();
  journal.failing = new Error("disk full");
  expect(await codeOf(emergence(log.flow, [note("a")]))).toBe("JOURNAL_FAILED");
  expect(await codeOf(emergence(log.flow, [note("b")]))).toBe("JOURNAL_FAILED");
});

test("what is given to the flow while the journal is replayed waits, and comes after the replay", async () => {
  const meta = { id: "1", seq: 1, at: 0, cause: undefined, by: undefined };
  const journal = new MemoryJournal([{ seq: 1, name: "note", payload: "old", meta }]);
  const log = fresh({ journal });
  await emergence(log.flow, [note("new")]);
  expect(log.envelope.seen).toEqual(["old", "new"]);
});

test("after dismiss it fails with SUPERVISOR_CLOSED, during it with DISMISSED", async () => {
  const wait = act("wait").does({ watch: () => cocoon(() => new Promise((resolve) => setTimeout(resolve, 1))) });
  const log = shawn<Log>({ seen: [] }, { acts: [note, wait] });
  log.confirm(wait());
  await turns(1);
  const dismissed = log.dismiss();
  expect(await codeOf(emergence(log.flow, [note("a")]))).toBe("DISMISSED");
  await dismissed;
  expect(await codeOf(emergence(log.flow, [note("a")]))).toBe("SUPERVISOR_CLOSED");
});

test("signals that are not the store's own go to onSignal", async () => {
  const tags: string[] = [];
  const log = fresh({ onSignal: ({ tag }: Signal) => void tags.push(tag) });
  await log.flow.give({ tag: "conn" });
  await log.threadFlow.give({ tag: "close" });
  await go(() => 1, { supervisor: log.flow });
  await turns();
  expect(tags.sort()).toEqual(["close", "conn", "ok"]);
});

test("nonsense on the flow costs one signal, not the flow", async () => {
  const { onUnhandled } = await import("@good-place/channel");
  const errors: unknown[] = [];
  const restore = onUnhandled((error) => void errors.push(error));
  const log = fresh();
  await log.flow.give(undefined as never);
  await emergence(log.flow, [note("on")]);
  restore();
  expect([log.envelope.seen, errors.length]).toEqual([["on"], 1]);
});
