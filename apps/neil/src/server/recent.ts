/**
 * The acts of late, for those who follow them: each waits until there are some that it does not know.
 */
import { type Channel, channel, select, timeout } from "@good-place/channel";
import type { ConfirmedAct, Shawn } from "@good-place/shawn";
import type { Office } from "../domain/office.js";

const KEPT = 1000;
const ANSWER_LENGTH = 200_000;

interface Told {
  readonly seq: number;
  /** Some acts that came between are no longer known here. */
  readonly missed: boolean;
  readonly acts: { seq: number; name: string; at: number; by: string | null; payload: unknown }[];
}

export interface Recent {
  /** The acts behind a sequence number, or none when `waitMs` are over. Without a number it says where things stand. */
  after(seq: number | undefined, waitMs: number): Generator<unknown, Told, unknown>;
}

export function recent(office: Shawn<Office>): Recent {
  let kept: ConfirmedAct[] = [];
  // How far what is told goes: the store may be ahead by a moment.
  let latest = office.durable.seq;
  let news: Channel<never> = channel<never>();
  office.subscribe((_next, _previous, confirmed) => {
    // What is not durable is nobody else's to see.
    office.settled().then(
      () => {
        kept = [...kept, ...confirmed].slice(-KEPT);
        latest = kept[kept.length - 1]?.meta.seq ?? latest;
        news.close();
        news = channel<never>();
      },
      () => {},
    );
  });
  return {
    *after(seq, waitMs) {
      if (seq === undefined) return { seq: latest, missed: false, acts: [] };
      if (latest <= seq && waitMs > 0) yield* select([news, timeout(waitMs)]);
      const acts = fitting(kept.filter(({ meta }) => meta.seq > seq));
      return {
        seq: acts[acts.length - 1]?.meta.seq ?? latest,
        missed: (acts[0]?.meta.seq ?? latest + 1) > seq + 1,
        acts: acts.map(({ name, payload, meta }) => {
          return { seq: meta.seq, name, at: meta.at, by: meta.by ?? null, payload };
        }),
      };
    },
  };
}

// An import is long, and an answer has to fit into a message; the next call gets the others.
function fitting(acts: readonly ConfirmedAct[]): readonly ConfirmedAct[] {
  let left = ANSWER_LENGTH;
  const end = acts.findIndex((act) => {
    left -= JSON.stringify(act).length;
    return left < 0;
  });
  return end < 0 ? acts : acts.slice(0, Math.max(1, end));
}
