// Three workers share the jobs of one channel. A worker that fails is a signal to the supervisor, not the end of the pool.
import { CLOSED, channel, type LifeSignal, scope, sleep, supervise } from "@good-place/channel";

const jobs = channel<number>(2, { name: "jobs" });
const results = channel<string>();
const signals = channel<LifeSignal>(8);

void supervise(signals, (signal) => {
  if (signal.tag === "error") console.log(`${signal.fiber.name} failed:`, (signal.error as Error).message);
});

await scope(function* ({ go }) {
  for (const name of ["Eleanor", "Chidi", "Tahani"]) {
    go(
      function* working() {
        for (;;) {
          const job = yield* jobs.take();
          if (job === CLOSED) return;
          if (job === 4) throw new Error(`job ${job} is cursed`);
          yield* sleep(5);
          yield* results.give(`${name} did job ${job}`);
        }
      },
      { name, supervisor: signals },
    );
  }
  go(function* giving() {
    for (let job = 1; job <= 9; job++) yield* jobs.give(job);
    jobs.close();
  });
  // Eight of nine come through: one job took its worker with it.
  for (let done = 0; done < 8; done++) console.log(yield* results.take());
});

console.log("jobs given:", jobs.statistics().given);
