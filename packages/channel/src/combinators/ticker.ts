/**
 * `ticker`: a channel that gets a number at every multiple of an interval, by the runtime's clock.
 * Each tick is reckoned from the start and not from the tick before, so ticks do not drift; those that come due while the
 * host is busy, or while the buffer is full, are left out and never made up for.
 */
import { type Buffer, sliding } from "../buffer.js";
import type { Chan } from "../channel.js";
import type { Channel, ChannelOptions } from "../channel-face.js";
import { timeout } from "../clause.js";
import { checkOptions, describe, misuse } from "../errors.js";
import { runtime } from "../internal/runtime.js";
import { select } from "../select.js";
import { checkMs } from "../time.js";
import { change } from "./change.js";
import { CHANNEL_OPTIONS, feed, output } from "./output.js";

export interface TickerOptions extends ChannelOptions<number> {
  /** Which ticks a slow taker gets: the latest (`sliding(1)`, by default), the oldest (`dropping(1)`), more of them, or with 0 none that it does not wait for. */
  readonly buffer?: number | Buffer | undefined;
}

/**
 * A channel of ticks: the value is how many intervals have passed since the start, so a gap tells what was missed.
 * It runs in the innermost scope until the channel is closed, and does not keep the scope open: when nothing else runs there,
 * it closes. At the root it runs, and keeps the process alive, until it is closed.
 */
export function ticker(ms: number, options: TickerOptions = {}): Channel<number> {
  checkMs("ticker()", ms);
  if (ms === 0) throw misuse("range", "BAD_TIME", `ticker() takes an interval of more than 0 ms, got ${describe(ms)}`);
  checkOptions("ticker()", options, [...CHANNEL_OPTIONS, "buffer"]);
  const { buffer = sliding(1) } = options;
  const out = output(buffer, options);
  const end = (reason: unknown): boolean => {
    out.close(reason);
    return false;
  };
  const startedAt = runtime.now();
  void feed(end, () => ticking(out, ms, startedAt), { name: "ticker", background: true });
  return out;
}

function* ticking(out: Chan<number>, ms: number, startedAt: number): Generator<unknown, void, never> {
  for (let count = 0; !out.closed; ) {
    const dueAt = startedAt + (count + 1) * ms;
    yield* select([change(out), timeout(Math.max(0, dueAt - runtime.now()))]);
    if (out.closed) return;
    // A host's timer may fire a little early by this clock: it stands for the tick that it was set for.
    count = Math.max(count + 1, Math.floor((runtime.now() - startedAt) / ms));
    if (out.tryGive(count) === "full") out.drop(count);
  }
}
