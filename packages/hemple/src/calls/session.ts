/**
 * What two ends say to each other over one line: each makes calls and answers those of the other. The ids of the calls
 * that the client makes are odd, those of the server even, so that every frame says whose call it belongs to.
 */
import { HempleError } from "../errors.js";
import type { Frame } from "../frame.js";
import type { Answerer } from "./answerer.js";
import type { Caller } from "./caller.js";

/** The first id of each side. */
export const FIRST_ID = { client: 1, server: 2 } as const;

export class Session {
  readonly #caller: Caller;
  readonly #answerer: Answerer | undefined;
  readonly #parity: number;

  /** Without an answerer the other side may make no calls. */
  constructor(side: keyof typeof FIRST_ID, caller: Caller, answerer: Answerer | undefined) {
    this.#parity = FIRST_ID[side] % 2;
    this.#caller = caller;
    this.#answerer = answerer;
  }

  /** Takes a frame and its length. Throws PROTOCOL for what has no place here. */
  receive(frame: Frame, bytes: number): void {
    switch (frame.kind) {
      case "call":
        return this.#answering(frame).call(frame, bytes);
      case "cancel":
        return this.#answering(frame).cancel(frame.id);
      case "result":
      case "error":
        if (!this.#own(frame.id)) throw misplaced(frame);
        return this.#caller.receive(frame, bytes);
      case "item":
      case "end":
      case "credit":
        if (this.#own(frame.id)) this.#caller.receive(frame, bytes);
        else this.#answering(frame).receive(frame, bytes);
        return;
      case "goaway":
        return this.#caller.goaway();
      default:
        throw misplaced(frame);
    }
  }

  #own(id: number): boolean {
    return id % 2 === this.#parity;
  }

  #answering(frame: Frame & { readonly id: number }): Answerer {
    if (this.#answerer === undefined || this.#own(frame.id)) throw misplaced(frame);
    return this.#answerer;
  }
}

function misplaced({ kind }: Frame): HempleError {
  return new HempleError("PROTOCOL", `the other side does not send ${kind} here`);
}
