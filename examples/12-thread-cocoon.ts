// A store that computes in a thread. Its acts come back one block at a time: the thread waits until each is confirmed.
import { acts, payload, shawn, thread } from "@good-place/shawn";

interface Search {
  below: number;
  done: number;
  primes: number;
}

const act = acts<Search>();

const found = act("search/found", payload<{ upTo: number; primes: number }>()).does({
  update(search, { upTo, primes }) {
    search.done = upTo;
    search.primes += primes;
  },
});

// A second search ends the first; one that fails is tried once more.
const begin = act("search/begin", payload<number>()).does({
  update(search, below) {
    Object.assign(search, { below, done: 0, primes: 0 });
  },
  watch: (_search, below) =>
    thread(new URL("./12-thread-cocoon.mjs", import.meta.url), below, { policy: "latest", restart: true }),
});

const search = shawn<Search>({ below: 0, done: 0, primes: 0 }, { acts: [begin, found] });

let shown = 0;
search.subscribe(({ done, below, primes }) => {
  const quarter = Math.floor((4 * done) / below);
  if (quarter > shown) console.log(`${quarter * 25} %: ${primes} so far`);
  shown = quarter;
});

search.confirm(begin(1_000_000_000), begin(100_000));
const [{ primes, below }, largest] = await search.admit({ timeoutMs: 60_000 });
console.log(`there are ${primes} primes below ${below}, the largest is ${largest}`);
await search.dismiss();
