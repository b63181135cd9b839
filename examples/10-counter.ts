// The smallest store: a count, three acts, a subscriber, and the pure function inside.
import { acts, payload, shawn } from "@good-place/shawn";

interface Counter {
  count: number;
}
const act = acts<Counter>();

const add = act("add", payload<number>()).does({
  update(counter, n) {
    counter.count += n;
  },
});
const zero = act("zero").does({
  update(counter) {
    counter.count = 0;
  },
});
// No update of its own: what follows from it is three times the same act.
const thrice = act("thrice", payload<number>()).does({ watch: (_counter, n) => [add(n), add(n), add(n)] });

const counter = shawn<Counter>({ count: 0 }, { acts: [add, zero, thrice] });
const stop = counter.subscribe((next, previous, confirmed) => {
  console.log(`${previous.count} -> ${next.count} by ${confirmed.map(({ name }) => name).join(", ")}`);
});

counter.confirm(add(1));
counter.confirm(thrice(2));
counter.confirm(zero(), add(42));
stop();
console.log(
  `42 would become ${counter.reduce(counter.envelope, add(-2)).count}, and still is ${counter.envelope.count}`,
);
await counter.dismiss();
