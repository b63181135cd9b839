// What a store keeps in memory, one line of JSON for each measure. To be run with --expose-gc.
import { acts, cocoon, payload, shawn } from "@good-place/shawn";

const act = acts();
const counted = act("counted").does({
  update(office) {
    office.count += 1;
  },
});
const worked = act("worked", payload()).does({ watch: (_, what) => cocoon(() => what.length) });

async function heap() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  return process.memoryUsage().heapUsed;
}

async function measured(name, times, run) {
  const office = shawn({ count: 0 }, { acts: [counted, worked] });
  await run(office, times / 10);
  const before = await heap();
  await run(office, times);
  const grownBytes = Math.round(((await heap()) - before) / times);
  console.log(JSON.stringify({ name, grownBytes, living: office.living.length }));
}

await measured("confirmed acts", 100_000, (office, times) => {
  for (let i = 0; i < times; i++) office.confirm(counted());
});
await measured("listeners that have ended", 100_000, (office, times) => {
  for (let i = 0; i < times; i++) {
    office.subscribe(() => {})();
    office.subscribe(
      ({ count }) => count,
      () => {},
    )();
    if (i % 100 === 0) office.confirm(counted());
  }
});
await measured("admitted cocoons", 20_000, async (office, times) => {
  for (let i = 0; i < times; i += 100) {
    for (let j = 0; j < 100; j++) office.confirm(worked("a"));
    await office.admit();
  }
});
await measured("products that nobody has admitted", 20_000, async (office, times) => {
  for (let i = 0; i < times; i += 100) {
    for (let j = 0; j < 100; j++) office.confirm(worked("a"));
    while (office.living.length > 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
});
