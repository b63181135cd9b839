/**
 * The acts of late, for those who follow them: each waits until there are some that it does not know.
 */
import { type Channel, channel, select, timeout } from "@good-place/channel";
import type { ConfirmedAct, Shawn } from "@good-place/shawn";
import type { Office } from "../domain/office.js";

const KEPT = 1000;

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
  let news: Channel<never> = channel<never>();
  office.subscribe((_next, _previous, confirmed) => {
    // What is not durable is nobody else's to see.
    office.settled().then(
      () => {
        kept = [...kept, ...confirmed].slice(-KEPT);
        news.close();
        news = channel<never>();
      },
      () => {},
    );
  });
  return {
    *after(seq, waitMs) {
      const { durable } = office;
      if (seq === undefined) return { seq: durable.seq, missed: false, acts: [] };
      if (durable.seq <= seq && waitMs > 0) yield* select([news, timeout(waitMs)]);
      const acts = kept.filter(({ meta }) => meta.seq > seq);
      const missed = (acts[0]?.meta.seq ?? office.durable.seq + 1) > seq + 1;
      return {
        seq: acts[acts.length - 1]?.meta.seq ?? Math.max(seq, missed ? office.durable.seq : seq),
        missed,
        acts: acts.map(({ name, payload, meta }) => {
          return { seq: meta.seq, name, at: meta.at, by: meta.by ?? null, payload };
        }),
      };
    },
  };
}
