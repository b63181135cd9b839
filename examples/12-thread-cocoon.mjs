// The thread of 12-thread-cocoon.ts: counts primes, and emerges an act a block. What it returns is the cocoon's product.
import { emerge } from "@good-place/shawn";

const BLOCK = 10_000;

export default function* search(below) {
  let largest;
  for (let from = 0; from < below; from += BLOCK) {
    const upTo = Math.min(from + BLOCK, below);
    let primes = 0;
    for (let n = from; n < upTo; n++) {
      if (!isPrime(n)) continue;
      primes++;
      largest = n;
    }
    yield* emerge({ name: "search/found", payload: { upTo, primes } });
  }
  return largest;
}

function isPrime(n) {
  if (n < 2) return false;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}
