/**
 * How far something long has come: one line in the terminal that is written over, and gone at the end. Nothing where
 * nobody looks, and nothing for what is done within a moment.
 */
export interface Progress extends Disposable {
  at(done: number): void;
}

const MOMENT_MS = 500;

export function progress(what: string, all: number, wanted: boolean): Progress {
  const out = process.stderr;
  const begun = Date.now();
  let shown = -1;
  return {
    at(done) {
      const percent = Math.floor((done / all) * 100);
      if (!wanted || !out.isTTY || percent === shown || Date.now() - begun < MOMENT_MS) return;
      shown = percent;
      out.write(`\r${what}: ${done} of ${all} (${percent} %)`);
    },
    [Symbol.dispose]() {
      if (shown >= 0) out.write("\r\u001b[K");
    },
  };
}
