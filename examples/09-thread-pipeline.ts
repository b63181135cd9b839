// A pipeline over two threads. The channels between them hold a few values, so that a fast stage waits for a slow one.
import { go } from "@good-place/channel";
import { goThread, threadChannel } from "@good-place/channel/thread";

const numbers = threadChannel<number>(16);
const counted = threadChannel<{ start: number; steps: number }>(16);
const records = threadChannel<{ start: number; steps: number }>();

const stages = new URL("./09-thread-pipeline.mjs", import.meta.url);
const counting = goThread(stages, { stage: "steps", from: numbers, to: counted }, { name: "steps" });
const comparing = goThread(stages, { stage: "records", from: counted, to: records }, { name: "records" });

go(function* giving() {
  for (let n = 1; n <= 2000; n++) yield* numbers.give(n);
  numbers.close();
});

for await (const { start, steps } of records) {
  if (start > 800) console.log(`${start} takes ${steps} steps`);
}
console.log(`the threads have ${await counting} and ${await comparing}`);
console.log("numbers never waited in a row longer than", numbers.statistics().capacity);
