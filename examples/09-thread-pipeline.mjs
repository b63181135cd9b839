// The threads of 09-thread-pipeline.ts: each takes from one channel and gives to the next, until the first one closes.
import { CLOSED } from "@good-place/channel";

const stages = {
  // How many steps a number takes to come down to 1 (Collatz): work enough to be worth a thread.
  *steps({ from, to }) {
    for (;;) {
      const start = yield* from.take();
      if (start === CLOSED) break;
      let steps = 0;
      for (let n = start; n !== 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps++;
      yield* to.give({ start, steps });
    }
    yield* to.finish();
    return "counted";
  },
  *records({ from, to }) {
    let most = 0;
    for (;;) {
      const counted = yield* from.take();
      if (counted === CLOSED) break;
      if (counted.steps <= most) continue;
      most = counted.steps;
      yield* to.give(counted);
    }
    to.close();
    return "compared";
  },
};

export default (input) => stages[input.stage](input);
