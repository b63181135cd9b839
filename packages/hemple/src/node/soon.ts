/** Runs work when all that is ready to run has run, before the next I/O: what many fibers send then goes out together. */
export function soon(work: () => void): void {
  queueMicrotask(() => process.nextTick(work));
}
