/**
 * How a thread learns in a browser that another one is gone, for neither its worker nor its ports say so: each thread
 * holds a lock (Web Locks) as long as it lives, and who has a wire to it waits for that lock. Node's ports tell by themselves.
 * Pages that are not secure contexts have no locks, and hear nothing of a thread that was cut off.
 */
import { newId } from "./ends.js";

// What a thread has posted before its end may still be on its way when its lock is already free.
const LINGER_MS = 50;

interface Watched {
  readonly gone: Set<() => void>;
  readonly stop: AbortController;
}

let own: string | undefined;
const watched = new Map<string, Watched>();

/** Takes the lock of this thread. Resolves when it is held, or where there are none. */
export function holdLifeline(): Promise<void> {
  const locks = webLocks();
  if (locks === undefined) return Promise.resolve();
  const id = `good-place/thread/${newId()}`;
  return new Promise((resolve) => {
    const held = (): Promise<never> => {
      own = id;
      resolve();
      return new Promise(() => {});
    };
    locks.request(id, held).catch(() => resolve());
  });
}

/** The name of this thread's lock, for others to watch; undefined where it holds none. */
export function ownLifeline(): string | undefined {
  return own;
}

/** Calls back once when the thread of that lock is gone. Gives what ends the watch. */
export function watchLifeline(id: string, gone: () => void): () => void {
  const watch = watched.get(id) ?? watchThread(id);
  watch.gone.add(gone);
  return () => {
    watch.gone.delete(gone);
    if (watch.gone.size > 0 || watched.get(id) !== watch) return;
    watched.delete(id);
    watch.stop.abort();
  };
}

function watchThread(id: string): Watched {
  const watch: Watched = { gone: new Set(), stop: new AbortController() };
  watched.set(id, watch);
  const free = (): void => {
    setTimeout(() => {
      watched.delete(id);
      for (const gone of [...watch.gone]) gone();
    }, LINGER_MS);
  };
  // It rejects when the watch is ended, or the page itself ends.
  webLocks()
    ?.request(id, { signal: watch.stop.signal }, free)
    .catch(() => {});
  return watch;
}

function webLocks(): LockManager | undefined {
  return globalThis.navigator?.locks;
}
