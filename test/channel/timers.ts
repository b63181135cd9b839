/**
 * Which host timers are set while a body runs, by the delays that they were asked for.
 */
export async function watchingTimers(body: (delays: () => number[]) => Promise<void>): Promise<void> {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const timers = new Map<unknown, number>();
  globalThis.setTimeout = ((run: (value?: unknown) => void, ms: number, value?: unknown) => {
    const timer = set(() => {
      timers.delete(timer);
      run(value);
    }, ms);
    timers.set(timer, ms);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = ((timer: number) => {
    timers.delete(timer);
    clear(timer);
  }) as typeof clearTimeout;
  try {
    await body(() => [...timers.values()]);
  } finally {
    globalThis.setTimeout = set;
    globalThis.clearTimeout = clear;
  }
}
