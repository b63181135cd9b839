/**
 * What a client answers: the server calls it over the line that the client has dialled. The handlers run as those of a server
 * do, with the same limits and signals.
 */
import { type Scope, type Signal, type Supervisor, supervise } from "@good-place/channel";
import { checkOptions } from "@good-place/channel/misuse";
import type { Contract } from "../contract.js";
import type { Peer } from "../desk.js";
import { fingerprint } from "../keys.js";
import { LIMITS } from "../settings.js";
import type { Line } from "../wire/line.js";
import { Answerer, type Load } from "./answerer.js";
import { Board } from "./board.js";
import { type Handlers, type Served, serve } from "./served.js";
import { FIRST_ID } from "./session.js";

/** Handlers for calls of the server; made by `answers()`, for `dial`. */
export interface Answers {
  readonly served: ReadonlyMap<string, Served>;
  readonly roles: readonly string[];
}

/** Handlers that a client gives to `dial`. The server has the roles that are named here, for methods that ask for one. */
export function answers<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  options: { readonly roles?: readonly string[] | undefined } = {},
): Answers {
  checkOptions("answers()", options, ["roles"]);
  return Object.freeze({ served: serve("answers()", contract, handlers), roles: [...(options.roles ?? [])] });
}

/** The board of a client that answers, over all its lines. */
export class ClientBoard {
  readonly #board: Board;
  readonly #roles: readonly string[];
  readonly #load: Load = { calls: 0 };

  constructor({ served, roles }: Answers, supervisor: Supervisor | null) {
    this.#board = new Board(served, { limits: LIMITS, supervisor, development: false });
    this.#roles = roles;
    const worker = { name: "hemple client", supervisor: null, detached: true };
    void supervise<Signal>(this.#board.signals, (signal) => this.#board.pass(signal), worker);
  }

  /** What answers over a line whose server has this key. */
  answerer(line: Line, key: Uint8Array, tell: Peer["tell"], scope: Scope): Answerer {
    const print = fingerprint(key);
    const known = { key, roles: this.#roles, fingerprint: print, address: "server", connection: "server" };
    return new Answerer(this.#board, line, this.#load, Object.freeze({ ...known, tell }), scope, FIRST_ID.server);
  }

  close(reason: unknown): void {
    for (const { cancel } of this.#board.lasting) cancel(reason);
    void this.#board.signals.finish("closed");
  }
}
