/**
 * Notices that nobody was there: the server's heart beats once a minute, and when more than `AWAY_MS` lie between two
 * beats, the machine slept or the server was not up. If work ran meanwhile, the stretch is noted, for somebody to decide
 * about; nothing is cut here. The last beat is kept in the state file, so that a restart knows of it too.
 */
import { go, sleep } from "@good-place/channel";
import type { Shawn } from "@good-place/shawn";
import { now } from "../clock.js";
import { noticeAway } from "../domain/acts/away.js";
import type { Office } from "../domain/office.js";
import { readState, stateOf, writeState } from "./state-file.js";

export const AWAY_MS = 300_000;

/** Watches from now on; `before` is when the heart beat last. */
export function watchOver(office: Shawn<Office>, home: string, before: number | undefined): AsyncDisposable {
  let last = before ?? now();
  const beat = (): void => {
    const at = now();
    const { running, intervals } = office.envelope;
    const from = Math.max(0, last, running === null ? 0 : intervals.at(running).start);
    if (running !== null && at - from > AWAY_MS) office.confirm(noticeAway({ interval: running, from, to: at }));
    last = at;
    writeState(home, stateOf(office.durable.envelope));
  };
  const everyMs = Number(process.env.NEIL_BEAT_MS ?? 60_000);
  const heart = go(
    function* beating() {
      for (;;) {
        beat();
        yield* sleep(everyMs);
      }
    },
    { name: "heart", supervisor: office.flow, detached: true },
  );
  return {
    async [Symbol.asyncDispose]() {
      heart.cancel("the server ends");
      await heart.then(undefined, () => {});
    },
  };
}

/** When the heart beat last, by the state file. Asked before the server writes it anew. */
export function lastBeat(home: string): number | undefined {
  return readState(home)?.beat;
}
