/**
 * Several servers for one thing: each in turn, without those that fail.
 * Invariant: there is always one to answer: when all are out, the one that may come back first.
 */
import type { Lanes } from "./lanes.js";

export interface EjectOptions {
  /** So many faults of a server in a row put it out; 3. An answer of any status is no fault. */
  readonly failures?: number | undefined;
  /** For so long; 10 s. Then one request tries it: if that fails too, it is out again. */
  readonly ms?: number | undefined;
}

export interface Host {
  readonly lanes: Lanes;
  failures: number;
  /** When it may be tried again. */
  outUntil: number;
}

export class Rotation {
  readonly hosts: readonly Host[];
  readonly #eject: Required<EjectOptions>;
  #next = 0;

  constructor(all: readonly Lanes[], eject: Required<EjectOptions>) {
    this.hosts = all.map((lanes) => ({ lanes, failures: 0, outUntil: 0 }));
    this.#eject = eject;
  }

  get ejected(): readonly string[] {
    const now = performance.now();
    return this.hosts.filter(({ outUntil }) => outUntil > now).map(({ lanes }) => lanes.origin);
  }

  pick(): Host {
    const now = performance.now();
    const { hosts } = this;
    let best = hosts[this.#next] as Host;
    for (let i = 0; i < hosts.length && best.outUntil > now; i++) {
      const host = hosts[(this.#next + i) % hosts.length] as Host;
      if (host.outUntil < best.outUntil || host.outUntil <= now) best = host;
    }
    this.#next = (hosts.indexOf(best) + 1) % hosts.length;
    // The one that tries a server again tries it alone.
    if (best.failures >= this.#eject.failures) best.outUntil = now + this.#eject.ms;
    return best;
  }

  answered(host: Host): void {
    host.failures = 0;
    host.outUntil = 0;
  }

  failed(host: Host): void {
    host.failures++;
    if (host.failures >= this.#eject.failures) host.outUntil = performance.now() + this.#eject.ms;
  }
}
