/** Runs work when what is ready to run now has run. */
export function soon(work: () => void): void {
  queueMicrotask(work);
}
