/**
 * How late a process comes to its work: the mean delay of its event loop over the last half second, so that one long
 * pause counts for little, and a process that does not keep up for all it is.
 * Cost: a timer of libuv's every 20 ms, and one of node's twice a second. Neither keeps the process alive.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 20;
const WINDOW_MS = 500;

export class Lag {
  /** The mean delay over the last window. */
  ms = 0;
  #delays: IntervalHistogram | null = null;
  #windows: NodeJS.Timeout | undefined;

  start(): void {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    this.#delays = delays;
    this.#windows = setInterval(() => {
      // What it tells are the times from one of its ticks to the next.
      this.ms = delays.mean / 1e6 - RESOLUTION_MS;
      delays.reset();
    }, WINDOW_MS).unref();
  }

  stop(): void {
    this.#delays?.disable();
    clearInterval(this.#windows);
    this.ms = 0;
  }
}
