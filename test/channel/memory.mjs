/**
 * Run with --expose-gc by memory.test.ts: prints which of the values that went through channels are still held, and by how
 * much the heap has grown, one JSON object for each way to go through.
 */
import { CLOSED, channel, dropping, go, select, sliding, timeout, unbounded, until } from "@good-place/channel";

const refs = [];
function value() {
  const made = { payload: new Array(16).fill(0) };
  refs.push(new WeakRef(made));
  return made;
}

const kinds = { rendezvous: 0, fixed: 128, sliding: sliding(128), dropping: dropping(128), unbounded: unbounded() };

// What keeps a channel and its queues busy for `count` items, and leaves the channel open and empty.
async function through(buffer, count, make) {
  const jobs = channel(buffer);
  const taker = go(function* () {
    while ((yield* jobs.take()) !== CLOSED);
  });
  await go(function* () {
    for (let i = 0; i < count; i++) yield* jobs.give(make());
  });
  await collected();
  return { jobs, taker };
}

async function withdrawn() {
  const jobs = channel();
  for (let i = 0; i < 500; i++) {
    const controller = new AbortController();
    const waits = [jobs.give(value(), { signal: controller.signal }), select([[jobs, value()], timeout(1000)])];
    const fiber = go(() => jobs.give(value()));
    await until(Promise.resolve());
    controller.abort("stop");
    fiber.cancel();
    jobs.tryTake();
    await Promise.allSettled([...waits, fiber]);
  }
  return jobs;
}

async function refused() {
  const jobs = channel(4, { onUndelivered() {} });
  const gives = Array.from({ length: 200 }, () => jobs.give(value()));
  jobs.abort(new Error("gone"));
  await Promise.all(gives);
  return jobs;
}

async function collected() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
}

async function report(name, work) {
  refs.length = 0;
  const kept = await work();
  await collected();
  const held = refs.filter((ref) => ref.deref() !== undefined).length;
  console.log(JSON.stringify({ name, made: refs.length, held, alive: kept !== undefined }));
}

for (const [name, buffer] of Object.entries(kinds)) await report(name, () => through(buffer, 2000, value));
await report("withdrawn", withdrawn);
await report("refused", refused);

for (const [name, buffer] of Object.entries(kinds)) {
  refs.length = 0;
  const plain = () => ({ payload: new Array(16).fill(0) });
  const warm = await through(buffer, 20_000, plain);
  const before = process.memoryUsage().heapUsed;
  const kept = [warm, await through(buffer, 200_000, plain)];
  console.log(JSON.stringify({ name, grownBytes: process.memoryUsage().heapUsed - before, kept: kept.length }));
}
process.exit(0);
