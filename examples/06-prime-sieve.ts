// The prime sieve of Hoare and McIlroy: every prime is a fiber that lets pass what it does not divide. The numbers never
// end; the scope that all the fibers live in does.
import { CancelledError, type Channel, CLOSED, channel, scope } from "@good-place/channel";

const primes: number[] = [];

function* counting(to: Channel<number>) {
  for (let n = 2; ; n++) yield* to.give(n);
}

function* sieving(prime: number, from: Channel<number>, to: Channel<number>) {
  for (;;) {
    const n = yield* from.take();
    if (n === CLOSED) return;
    if (n % prime !== 0) yield* to.give(n);
  }
}

try {
  await scope(function* ({ go, cancel }) {
    let numbers = channel<number>();
    const source = numbers;
    go(() => counting(source));
    while (primes.length < 25) {
      const prime = yield* numbers.take();
      if (prime === CLOSED) return;
      primes.push(prime);
      const [from, to] = [numbers, channel<number>()];
      go(() => sieving(prime, from, to), { name: `sieve ${prime}` });
      numbers = to;
    }
    cancel("enough primes");
  });
} catch (error) {
  if (!(error instanceof CancelledError)) throw error;
  console.log(`${error.reason}: ${primes.join(" ")}`);
}
