/**
 * What all calls that one end answers share: the handlers, the limits, the supervisor channel, the kept answers and the
 * counters. A server has one for all its peers (desk.ts), a client that answers calls has one for its line.
 */
import { type Channel, channel, type Emergence, type Signal, type Supervisor } from "@good-place/channel";
import { uuid } from "@good-place/channel/ambient";
import type { Peer, ServerSignal, ServerStatistics } from "../desk.js";
import { HempleError } from "../errors.js";
import { spokenCode } from "../failure.js";
import type { Limits } from "../settings.js";
import { Results } from "./results.js";
import type { Served } from "./served.js";

export interface BoardSettings {
  readonly limits: Limits;
  readonly supervisor: Supervisor | null;
  /** Whether callers see stacks, and errors without a code. */
  readonly development: boolean;
}

// Signals that wait before connections and calls wait with them.
const SIGNALS = 64;
// Life signals never wait; with so many unread, calls are refused instead.
const MOST_SIGNALS = 4096;

export class Board {
  readonly served: ReadonlyMap<string, Served>;
  readonly limits: Limits;
  readonly development: boolean;
  /** Names this board among those that came before it in the same place: kept answers are not in a new one. */
  readonly instance: string = uuid();
  /** The own supervisor channel. */
  readonly signals: Channel<Signal> = channel<Signal>(SIGNALS, { name: "hemple" });
  readonly count: { -readonly [Name in keyof ServerStatistics]: number } = {
    connections: 0,
    halfOpen: 0,
    calls: 0,
    accepted: 0,
    refused: 0,
    answered: 0,
    failed: 0,
    overloaded: 0,
    repeated: 0,
    droppedSignals: 0,
  };
  /** Calls with a key outlive the line that they came over: whose they are, and what cancels them. */
  readonly lasting: Set<{ readonly peer: Peer; readonly cancel: (reason: unknown) => void }> = new Set();
  draining = false;
  /** Called when the handler of a call has ended. */
  freed: () => void = () => {};
  readonly #supervisor: Supervisor | null;
  // By the fingerprint of the caller: its connections come and go.
  readonly #results = new Map<string, Results>();

  constructor(served: ReadonlyMap<string, Served>, { limits, supervisor, development }: BoardSettings) {
    this.served = served;
    this.limits = limits;
    this.development = development;
    this.#supervisor = supervisor;
  }

  /** True when the supervisor is so far behind that nothing more should be begun. */
  get behind(): boolean {
    return this.signals.statistics().size > MOST_SIGNALS;
  }

  /** The kept answers of a caller. */
  results(fingerprint: string): Results {
    const results = this.#results.get(fingerprint) ?? new Results(this.limits, () => this.#results.delete(fingerprint));
    this.#results.set(fingerprint, results);
    return results;
  }

  /** Gives a signal if there is room for it, else counts it as dropped. */
  tell(signal: Signal): void {
    if (this.signals.tryGive(signal) === "full") this.count.droppedSignals += 1;
  }

  /** Works off one signal: everything goes up but the plain end of a fiber, which `close` and the answers tell. */
  *pass(signal: Signal): Generator<unknown, void, never> {
    if (signal.tag === "ok" || signal.tag === "cancelled") return;
    if (this.#supervisor !== null && (yield* this.#supervisor.give(signal))) return;
    if (signal.tag === "emergence") {
      (signal as Emergence).settle?.(
        new HempleError("NO_SUPERVISOR", "nobody above takes acts: give it a supervisor channel that is open"),
      );
    } else if (signal.tag === "error") print(signal as Extract<ServerSignal, { tag: "error" }>);
  }
}

// Without a supervisor a failure that its caller cannot see would be seen by nobody.
function print({ error, method, callId, fiber }: Extract<ServerSignal, { tag: "error" }>): void {
  if (spokenCode(error) === undefined)
    console.error(`hemple: ${method ?? fiber?.name} failed${callId ? ` in call ${callId}` : ""}:`, error);
}
