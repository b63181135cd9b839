/**
 * A wait that is told when it takes too long. It goes on: whoever is told ends what is waited for.
 */
export function* within<T>(
  wait: Iterable<unknown> & { [Symbol.iterator](): Iterator<unknown, T, never> },
  ms: number,
  late: () => void,
): Generator<unknown, T, never> {
  const timer = setTimeout(late, ms);
  try {
    return yield* wait;
  } finally {
    clearTimeout(timer);
  }
}
