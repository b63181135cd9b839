/**
 * `@good-place/shawn/devtools`: a store in the Redux DevTools extension, or whatever else speaks its protocol. Every
 * confirmed act is told with the envelope after it; what the extension asks for is done by `travel`, `reduce` and
 * `confirm`, so jumps and re-runs confirm nothing and have no effects.
 * Invariant: nothing that the extension says, or fails with, is thrown into the page; it is told in the extension, or
 * where that cannot tell, on the console.
 */
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { ConfirmedAct } from "./act.js";
import { current, lifted, toggle } from "./internal/tools/lifted.js";
import { fromPlain } from "./internal/tools/plain.js";
import { Trail } from "./internal/tools/trail.js";
import type { Shawn } from "./shawn.js";

/** What of the extension is used. */
export interface DevtoolsExtension {
  connect(options: object): DevtoolsConnection;
}

export interface DevtoolsConnection {
  init(state: unknown): void;
  send(action: unknown, state: unknown): void;
  /** May answer with a function that ends it. */
  subscribe(listener: (message: unknown) => void): unknown;
  error?(message: string): void;
}

export interface DevtoolsOptions<E> {
  /** What the extension calls the store; "shawn" by default. */
  readonly name?: string | undefined;
  /** How many entries the extension keeps, the one that it begins with included; 50 by default. */
  readonly maxAge?: number | undefined;
  /** What the extension gets to see in the place of an envelope, or of an act's payload. Jumps still show the whole. */
  readonly sanitize?:
    | {
        readonly envelope?: ((envelope: E) => unknown) | undefined;
        readonly payload?: ((act: ConfirmedAct) => unknown) | undefined;
      }
    | undefined;
  /** The extension; the page's by default. */
  readonly extension?: DevtoolsExtension | undefined;
}

// What has changed the envelope was no act: a journal's replay, a travel, acts while the recording was paused.
const MOVED = "@moved";

const FEATURES = {
  pause: true,
  export: true,
  import: "custom",
  jump: true,
  skip: true,
  dispatch: true,
  reorder: false,
  lock: false,
  persist: false,
  test: false,
};

/**
 * Connects a store to the extension and gives what disconnects it; null where there is no extension. On a store with a
 * journal acts are shown, but jumps, toggles and imports are refused, and the extension told so.
 */
export function devtools<E extends object>(office: Shawn<E>, options: DevtoolsOptions<E> = {}): (() => void) | null {
  checkOptions("devtools()", options, ["name", "maxAge", "sanitize", "extension"]);
  const { maxAge = 50 } = options;
  if (!Number.isInteger(maxAge) || maxAge < 2) {
    throw misuse("range", "BAD_OPTION", `devtools() maxAge must be an integer >= 2, got ${describe(maxAge)}`);
  }
  checkOptions("devtools() sanitize", options.sanitize ?? {}, ["envelope", "payload"]);
  const page = globalThis as { readonly __REDUX_DEVTOOLS_EXTENSION__?: DevtoolsExtension };
  const extension = options.extension ?? page.__REDUX_DEVTOOLS_EXTENSION__;
  if (extension === undefined) return null;
  const line = new Line(office, extension, maxAge, options);
  return () => line.end();
}

class Line<E extends object> {
  readonly #office: Shawn<E>;
  readonly #initial: E;
  readonly #connection: DevtoolsConnection;
  readonly #envelopes: Trail<E>;
  readonly #payloads: Trail<unknown, ConfirmedAct>;
  readonly #ends: (() => unknown)[] = [];
  // The last envelope that the extension has heard of.
  #shown: E;
  #paused = false;
  #jumping = false;
  #ended = false;

  constructor(office: Shawn<E>, extension: DevtoolsExtension, maxAge: number, options: DevtoolsOptions<E>) {
    const { name = "shawn", sanitize } = options;
    this.#office = office;
    this.#initial = office.envelope;
    this.#shown = office.envelope;
    this.#envelopes = new Trail(sanitize?.envelope, maxAge);
    this.#payloads = new Trail(sanitize?.payload, maxAge);
    this.#connection = extension.connect({ name, maxAge, features: FEATURES });
    this.#guarded(() => this.#begin());
    this.#ends.push(
      office.subscribe((next, previous, acts, envelopes) =>
        this.#guarded(() => this.#confirmed(next, previous, acts, envelopes)),
      ),
    );
    const unsubscribe = this.#connection.subscribe((message) => this.#guarded(() => this.#heard(message)));
    if (typeof unsubscribe === "function") this.#ends.push(() => unsubscribe());
    // A journal that is being replayed tells no subscriber. What it fails with is the store's to tell.
    office.settled().then(
      () => this.#guarded(() => this.#moved(office.envelope)),
      () => {},
    );
  }

  end(): void {
    for (const end of this.#ends.splice(0)) this.#guarded(end);
    this.#ended = true;
  }

  // --- to the extension ---

  #confirmed(next: E, previous: E, acts: readonly ConfirmedAct[], envelopes: readonly E[]): void {
    if (this.#jumping && acts.length === 0) {
      this.#shown = next;
      return;
    }
    if (this.#paused) return;
    this.#moved(previous);
    acts.forEach((act, i) => {
      const state = envelopes[i] as E;
      const payload = act.payload === undefined ? undefined : this.#payloads.told(act.payload, act);
      this.#shown = state;
      this.#connection.send({ type: act.name, payload, meta: act.meta }, this.#envelopes.told(state, state));
    });
    this.#moved(next);
  }

  #moved(envelope: E): void {
    if (this.#paused || envelope === this.#shown) return;
    this.#shown = envelope;
    this.#connection.send({ type: MOVED }, this.#envelopes.told(envelope, envelope));
  }

  // The history begins with what is shown now.
  #begin(): void {
    this.#shown = this.#office.envelope;
    this.#connection.init(this.#envelopes.told(this.#shown, this.#shown));
  }

  // --- from the extension ---

  #heard(message: unknown): void {
    const { type, payload, state } = (message ?? {}) as { type?: unknown; payload?: unknown; state?: unknown };
    if (type === "ACTION") return this.#typed(payload);
    if (type !== "DISPATCH") return;
    const asked = (payload ?? {}) as { type?: unknown; id?: unknown; status?: unknown; nextLiftedState?: unknown };
    switch (asked.type) {
      case "JUMP_TO_STATE":
      case "JUMP_TO_ACTION":
        return this.#travel(this.#envelopes.back(parsed(state)));
      case "COMMIT":
        return this.#begin();
      case "ROLLBACK":
        this.#travel(this.#envelopes.back(parsed(state)));
        return this.#begin();
      case "RESET":
        this.#travel(this.#initial);
        return this.#begin();
      case "TOGGLE_ACTION":
        return this.#toggle(parsed(state), asked.id);
      case "IMPORT_STATE":
        return this.#import(asked.nextLiftedState);
      case "PAUSE_RECORDING":
        this.#paused = typeof asked.status === "boolean" ? asked.status : !this.#paused;
    }
  }

  // An act that somebody has typed: {"type": "name", "payload": ...}.
  #typed(text: unknown): void {
    const {
      type,
      name = type,
      payload,
    } = (typeof text === "string" ? parsed(text) : (text ?? {})) as {
      readonly type?: unknown;
      readonly name?: unknown;
      readonly payload?: unknown;
    };
    if (typeof name !== "string")
      throw new TypeError(`an act is {"type": "name", "payload": ...}, got ${describe(text)}`);
    this.#office.confirm({ name, payload: fromPlain(payload) });
  }

  #toggle(state: unknown, id: unknown): void {
    const history = lifted(state);
    const states = toggle(history, id, this.#envelopes, this.#payloads, (envelope, act) =>
      this.#office.reduce(envelope, act),
    );
    this.#travel(states[current(history)] as E);
    this.#connection.send(null, history);
  }

  #import(state: unknown): void {
    const history = lifted(state);
    this.#travel(this.#envelopes.back(history.computedStates[current(history)]?.state));
    this.#connection.send(null, history);
  }

  #travel(envelope: E): void {
    this.#jumping = true;
    try {
      this.#office.travel(envelope);
    } finally {
      this.#jumping = false;
    }
  }

  #guarded(run: () => unknown): void {
    if (this.#ended) return;
    try {
      run();
    } catch (error) {
      this.#complain(`shawn: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #complain(text: string): void {
    try {
      if (this.#connection.error !== undefined) return this.#connection.error(text);
    } catch {
      // It cannot be told there.
    }
    console.warn(text);
  }
}

function parsed(state: unknown): unknown {
  if (typeof state !== "string")
    throw new TypeError(`the DevTools sent no state: expected JSON, got ${describe(state)}`);
  return JSON.parse(state);
}
