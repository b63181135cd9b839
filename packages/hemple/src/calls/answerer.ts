/**
 * The calls that one end of a line answers: who may call what, how many at once, and which repeat one that was answered
 * before. Each call is a fiber of the line's scope, so none outlives it, but for those with an idempotency key: their
 * callers come back for the answer.
 */
import { go, type Scope } from "@good-place/channel";
import { type CallHost, RunningCall } from "../call.js";
import type { Peer } from "../desk.js";
import { HempleError } from "../errors.js";
import { failureOf } from "../failure.js";
import type { CallFrame, Failure, Frame } from "../frame.js";
import type { Line } from "../wire/line.js";
import type { Board } from "./board.js";
import { tooLarge } from "./checks.js";
import { type Kept, printOf, type Reply } from "./results.js";
import type { Served } from "./served.js";

/** What counts the calls of one caller, over all its lines. */
export interface Load {
  calls: number;
}

type StreamFrame = Extract<Frame, { kind: "item" | "end" | "credit" }>;

// A call of this line: one that runs, or one that waits for the answer of one that does.
interface Answering {
  cancel(reason: unknown): void;
  /** The line has ended. */
  lost(reason: unknown): void;
  receive(frame: StreamFrame, bytes: number): void;
}

export class Answerer {
  readonly #board: Board;
  readonly #line: Line;
  readonly #load: Load;
  readonly #peer: Peer;
  readonly #scope: Scope;
  readonly #calls = new Map<number, Answering>();
  #lastId: number;

  /** The ids of the calls rise by two from `firstId`. */
  constructor(board: Board, line: Line, load: Load, peer: Peer, own: Scope, firstId: number) {
    this.#board = board;
    this.#line = line;
    this.#load = load;
    this.#peer = peer;
    this.#scope = own;
    this.#lastId = firstId - 2;
  }

  /** Takes a call, and runs it or answers why not. Throws PROTOCOL where its id is not the next one. */
  call(frame: CallFrame, bytes: number): void {
    const { id, name } = frame;
    if (id <= this.#lastId || (id - this.#lastId) % 2 !== 0)
      throw new HempleError("PROTOCOL", `call ${id} comes after ${this.#lastId}: ids rise by two`);
    this.#lastId = id;
    const served = this.#board.served.get(name);
    const reply = lineReply(this.#line, id, served?.method.compress !== "never");
    try {
      if (served === undefined)
        throw new HempleError("UNKNOWN_METHOD", "the other side has no method of this name; compare the contracts");
      this.#check(served, frame, bytes);
      if (frame.key === undefined) this.#begin(served, frame, reply);
      else this.#repeat(served, frame, frame.key, reply);
    } catch (error) {
      this.#board.count.failed += 1;
      if ((error as HempleError).code === "OVERLOADED") this.#board.count.overloaded += 1;
      reply.error(failureOf(error, name, this.#callId(id)));
    }
  }

  cancel(id: number): void {
    // It may cross its answer on the way; then there is nothing to cancel.
    this.#known(id)?.cancel(new HempleError("CANCELLED", "the caller cancelled the call"));
  }

  /** What comes of a stream. Behind the end of its call nothing counts. */
  receive(frame: StreamFrame, bytes: number): void {
    this.#known(frame.id)?.receive(frame, bytes);
  }

  /** Says that no more calls are taken, and leaves when the last one is answered. */
  goaway(): void {
    this.#line.send({ kind: "goaway" });
    if (this.#calls.size === 0) this.#line.leave();
  }

  /** The line has ended: cancels what runs for it alone. */
  stop(): void {
    const reason = new HempleError("CLOSED", "the caller's connection ended");
    for (const call of [...this.#calls.values()].reverse()) call.lost(reason);
  }

  #known(id: number): Answering | undefined {
    if (id > this.#lastId) throw new HempleError("PROTOCOL", `there was no call ${id}`);
    return this.#calls.get(id);
  }

  #callId(id: number): string {
    return `${this.#peer.connection}-${id}`;
  }

  #check({ name, method }: Served, frame: CallFrame, bytes: number): void {
    const { allowed, maxBytes, stream, feed } = method;
    if (allowed !== undefined && !allowed.some((role) => this.#peer.roles.includes(role)))
      throw new HempleError("FORBIDDEN", `${name} is for ${allowed.join(", ")}; have the role given to this key`);
    if (bytes > maxBytes) {
      const { code, message } = tooLarge(name, "the call", bytes, maxBytes, this.#callId(frame.id));
      throw new HempleError(code, message);
    }
    if (frame.key !== undefined && (stream ?? feed) !== undefined)
      throw new HempleError("INVALID_INPUT", `${name} is a stream, and takes no idempotency key`);
  }

  // Every way of not running it may be tried again.
  #checkRoom(): void {
    if (this.#board.draining)
      throw new HempleError("DRAINING", "the server is closing: the call did not run; dial again later");
    if (this.#line.clogged)
      throw new HempleError("OVERLOADED", "the caller does not read its answers: the call did not run; try later");
    if (this.#load.calls < this.#board.limits.maxCallsPerPeer && !this.#board.behind) return;
    throw new HempleError(
      "OVERLOADED",
      "as many calls run as are taken from one peer: the call did not run; try later",
    );
  }

  #begin(served: Served, frame: CallFrame, reply: Reply): void {
    this.#checkRoom();
    const { id } = frame;
    const running = new RunningCall(
      this.#host(this.#scope.go.bind(this.#scope), () => this.#free(id)),
      served,
      frame,
      reply,
    );
    this.#calls.set(id, {
      cancel: (reason) => running.cancel(reason),
      lost: (reason) => running.cancel(reason),
      receive: (stream, bytes) => running.receive(stream, bytes),
    });
  }

  // A call with a key runs once: whoever sends it again joins it, or gets the answer that was given.
  #repeat(served: Served, frame: CallFrame, key: string, reply: Reply): void {
    const { id, name, input } = frame;
    const results = this.#board.results(this.#peer.fingerprint);
    const print = printOf(name, input);
    const found = results.find(key);
    if (found !== undefined && found.print !== print)
      throw new HempleError("KEY_REUSED", `${name} came with the key of another call; make a key for each call`);
    if (found !== undefined) this.#board.count.repeated += 1;
    else this.#checkRoom();
    const kept = found ?? results.keep(key, print);
    if (kept === undefined)
      throw new HempleError(
        "OVERLOADED",
        "as many answers are kept as are for one peer: the call did not run; try later",
      );
    this.#await(id, kept, reply);
    if (found === undefined) this.#run(served, frame, kept);
  }

  #await(id: number, kept: Kept, reply: Reply): void {
    const own: Reply = {
      result: (value) => {
        reply.result(value);
        this.#free(id);
      },
      error: (failure) => {
        reply.error(failure);
        this.#free(id);
      },
    };
    this.#calls.set(id, {
      cancel: (reason) => {
        kept.leave(own);
        this.#free(id);
        if (!kept.awaited) kept.cancel?.(reason);
      },
      lost: () => {
        kept.leave(own);
        this.#free(id);
      },
      receive() {},
    });
    kept.join(own);
  }

  #run(served: Served, frame: CallFrame, kept: Kept): void {
    const { lasting } = this.#board;
    const detached: typeof go = (body, options) => go(body, { ...options, detached: true });
    const running = new RunningCall(
      this.#host(detached, () => lasting.delete(lasts)),
      served,
      frame,
      kept,
    );
    const cancel = (reason: unknown): void => {
      running.cancel(reason);
      kept.error({ code: "CANCELLED", message: `${served.name} was cancelled`, callId: this.#callId(frame.id) });
    };
    const lasts = { peer: this.#peer, cancel };
    kept.cancel = cancel;
    lasting.add(lasts);
  }

  // Counts the call as running until its handler has ended.
  #host(start: typeof go, ended: () => void): CallHost {
    const [board, line, peer, load] = [this.#board, this.#line, this.#peer, this.#load];
    board.count.calls += 1;
    load.calls += 1;
    const free = (): void => {
      board.count.calls -= 1;
      load.calls -= 1;
      ended();
      board.freed();
    };
    return { board, line, peer, go: start, free };
  }

  #free(id: number): void {
    if (!this.#calls.delete(id)) return;
    if (this.#board.draining && this.#calls.size === 0) this.#line.leave();
  }
}

function lineReply(line: Line, id: number, compress: boolean): Reply {
  return {
    result: (value) => void line.send({ kind: "result", id, value }, compress),
    error(failure: Failure) {
      try {
        line.send({ kind: "error", id, failure }, compress);
      } catch {
        // Too long with all that the schema has against the input, or all its causes: the text names the first.
        line.send({
          kind: "error",
          id,
          failure: { ...failure, issues: undefined, cause: undefined, stack: undefined },
        });
      }
    },
  };
}
