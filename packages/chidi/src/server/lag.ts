/**
 * How late a process comes to its work: the delay of its event loop, as a mean in which the last half second weighs most,
 * so that one short pause counts for little, and a process that does not keep up for all it is.
 * Cost: twenty timers a second, which do not keep the process alive.
 */
const TICK_MS = 50;
const MEMORY_MS = 500;

export class Lag {
  ms = 0;
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const passed = now - last;
      last = now;
      // By time and not by ticks: a loop that is late has few of them.
      this.ms += (Math.max(0, passed - TICK_MS) - this.ms) * (1 - Math.exp(-passed / MEMORY_MS));
    }, TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.ms = 0;
  }
}
