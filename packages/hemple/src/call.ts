/**
 * One call that this end answers: a fiber that checks the input, runs the handler, checks and sends the answer, or the items
 * of its stream. It ends early when the caller cancels, its deadline passes, or its connection ends.
 * Invariant: at most one answer is sent, and the call counts as running until its handler has really ended.
 */

import {
  channel,
  emergence,
  type Fiber,
  giveSupervisor,
  type Local,
  local,
  type Op,
  scope,
  until,
} from "@good-place/channel";
import { isGenerator, isThenable, type SchemaResult } from "@good-place/channel/shapes";
import type { Board } from "./calls/board.js";
import { fitting, NOTHING, tooLarge, travelled, validate } from "./calls/checks.js";
import { Inlet, type Stream } from "./calls/inlet.js";
import { isSource, Outlet } from "./calls/outlet.js";
import type { Reply } from "./calls/results.js";
import type { Served } from "./calls/served.js";
import type { Peer } from "./desk.js";
import { HempleError } from "./errors.js";
import { failureOf } from "./failure.js";
import type { CallFrame, Failure, Frame } from "./frame.js";
import { issueText, travelling } from "./schema.js";
import type { Line } from "./wire/line.js";

/** What a handler gets beside its input. */
export interface Call<Heard = never, Given = never> {
  /** Aborts when the caller cancels, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in epoch milliseconds of this machine; undefined where it waits for ever. */
  readonly deadline: number | undefined;
  readonly peer: Peer;
  readonly roles: readonly string[];
  /** The idempotency key that came with the call. */
  readonly key: string | undefined;
  /** Of a stream that goes on: the position of the last item that its reader has. */
  readonly after: string | number | undefined;
  /** What the caller feeds. */
  readonly feed: [Heard] extends [never] ? undefined : Stream<Heard>;
  /** Of a stream: sends an item, with the reader's backpressure. False when the stream has failed and nothing more is sent. */
  readonly give: [Given] extends [never] ? undefined : (item: Given) => Op<boolean>;
  /** Gives acts to the supervisor of this end, and waits until they are confirmed; fails with the refusal. */
  emerge(...acts: unknown[]): Op<void>;
}

/** Where a call runs. */
export interface CallHost {
  readonly board: Board;
  readonly line: Line;
  readonly peer: Peer;
  readonly go: typeof import("@good-place/channel").go;
  /** The call's handler has ended. */
  free(): void;
}

/** When the caller of the running fiber stops waiting: the calls that the fiber makes inherit it. */
export const deadlineOfFiber: Local<number> = local<number>();

// The longest delay that timers take.
const LONGEST_MS = 2 ** 31 - 1;
const LONGEST_MESSAGE = 400;
// The input was answered with an error.
const REFUSED = Symbol("refused");

export class RunningCall {
  readonly #host: CallHost;
  readonly #served: Served;
  readonly #frame: CallFrame;
  readonly #reply: Reply;
  readonly #callId: string;
  readonly #deadline: number | undefined;
  readonly #fiber: Fiber<void>;
  readonly #outlet: Outlet | undefined;
  readonly #inlet: Inlet<unknown> | undefined;
  // Items of the feed whose schema is asynchronous are checked one after another.
  #checking: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answered = false;
  // What still has to end before the call counts as ended: the fiber, and a promise that its handler gave.
  #holds = 1;
  #begun = false;
  #released = false;

  constructor(host: CallHost, served: Served, frame: CallFrame, reply: Reply) {
    this.#host = host;
    this.#served = served;
    this.#frame = frame;
    this.#reply = reply;
    this.#callId = `${host.peer.connection}-${frame.id}`;
    const { deadlineMs } = frame;
    if (deadlineMs !== undefined) {
      this.#deadline = Date.now() + deadlineMs;
      this.#timer = setTimeout(() => this.#expire(), Math.min(deadlineMs, LONGEST_MS));
    }
    const { stream, feed } = served.method;
    if (stream !== undefined) this.#outlet = new Outlet(frame.credit ?? 0);
    if (feed !== undefined) this.#inlet = this.#listen();
    const body = (fiber: Fiber<unknown>): Generator<unknown, void, never> => this.#run(fiber);
    this.#fiber = host.go(body, { name: served.name, supervisor: host.board.signals });
  }

  /** Ends the call without an answer. */
  cancel(reason: unknown): void {
    this.#answered = true;
    this.#fiber.cancel(reason);
    this.#inlet?.end({ error: reason });
    // A fiber that has not begun ends without a step.
    if (!this.#begun) this.#release();
  }

  /** What comes of the call's streams. Throws PROTOCOL where it has none such. */
  receive(frame: Extract<Frame, { kind: "item" | "end" | "credit" }>, bytes: number): void {
    if (frame.kind === "credit" && this.#outlet !== undefined) this.#outlet.grant(frame.bytes);
    else if (frame.kind === "item" && this.#inlet !== undefined) this.#hear(this.#inlet, frame.value, bytes);
    else if (frame.kind === "end" && this.#inlet !== undefined) this.#heard(this.#inlet);
    else throw new HempleError("PROTOCOL", `call ${frame.id} has no stream for a frame of kind ${frame.kind}`);
  }

  *#run(fiber: Fiber<unknown>): Generator<unknown, void, never> {
    this.#begun = true;
    if (this.#deadline !== undefined) deadlineOfFiber.set(this.#deadline);
    try {
      const input = yield* this.#input();
      if (input === REFUSED) return;
      if (this.#outlet === undefined) yield* this.#perform(input, this.#context(fiber, undefined));
      else yield* this.#stream(input, fiber, this.#outlet);
    } catch (error) {
      const { name } = this.#served;
      this.#fail(failureOf(error, name, this.#callId, this.#host.board.development));
      const signal = { tag: "error", error, method: name, callId: this.#callId, peer: this.#host.peer };
      yield* giveSupervisor(signal);
    } finally {
      // Only a cancel that came from neither the caller nor the deadline leaves the call without an answer.
      const { name } = this.#served;
      this.#fail({ code: "CANCELLED", message: `${name} was cancelled inside the server`, callId: this.#callId });
      this.#inlet?.end({ error: new HempleError("CLOSED", `${name} has ended: nobody feeds it any more`) });
      this.#release();
    }
  }

  // What does not fit is the caller's fault: it is answered, and is no error of this server.
  *#input(): Generator<unknown, unknown, never> {
    const checked = validate(this.#served.method.input, this.#frame.input);
    const result = isThenable(checked) ? yield* until(checked) : checked;
    if (result.issues === undefined) return result.value;
    this.#refuse("input", result.issues);
    return REFUSED;
  }

  *#perform(input: unknown, call: Call): Generator<unknown, void, never> {
    const { method, handler } = this.#served;
    const returned = yield* this.#outcome(handler(input, call));
    const checked = method.output === undefined ? NOTHING : validate(method.output, returned);
    const output = isThenable(checked) ? yield* until(checked) : checked;
    if (!this.#answered) this.#answer(output);
  }

  // The handler and what sends its items run side by side: a fault of either ends both.
  *#stream(input: unknown, fiber: Fiber<unknown>, outlet: Outlet): Generator<unknown, void, never> {
    const { handler, name } = this.#served;
    const send = (item: unknown): number | PromiseLike<number> => this.#item(item);
    yield* scope((own) => this.#streaming(own, (call) => handler(input, call), fiber, outlet, send), { name });
    if (!this.#answered) this.#answer(NOTHING);
  }

  *#streaming(
    own: { go: CallHost["go"] },
    handler: (call: unknown) => unknown,
    fiber: Fiber<unknown>,
    outlet: Outlet,
    send: (item: unknown) => number | PromiseLike<number>,
  ): Generator<unknown, void, never> {
    const given = channel<unknown>();
    const pour = function* give(): Generator<unknown, void, never> {
      try {
        yield* outlet.pour(given, send);
      } finally {
        // A handler that is no fiber hears of the end by what its next give answers.
        given.close();
      }
    };
    const pouring = own.go(pour, { supervisor: null });
    const source = yield* this.#outcome(handler(this.#context(fiber, (item) => given.give(item))));
    void given.finish();
    yield* pouring;
    if (source === undefined) return;
    if (!isSource(source)) throw new HempleError("INVALID_OUTPUT", `${this.#served.name} gave no stream of items`);
    yield* outlet.pour(source, send);
  }

  #item(item: unknown): number | PromiseLike<number> {
    const checked = validate(this.#served.method.stream, item);
    return isThenable(checked) ? checked.then((late) => this.#sendItem(late)) : this.#sendItem(checked);
  }

  #sendItem(checked: SchemaResult<unknown>): number {
    if (this.#answered) return 0;
    const { name, method } = this.#served;
    const frame = { kind: "item", id: this.#frame.id, value: fitting(name, checked) } as const;
    return travelled(name, () => this.#host.line.send(frame, method.compress === "auto"));
  }

  #answer(output: SchemaResult<unknown>): void {
    const { name } = this.#served;
    const value = fitting(name, output);
    travelled(name, () => this.#reply.result(value));
    this.#answered = true;
    this.#host.board.count.answered += 1;
  }

  // What a handler gave, or what it will give: a generator runs in this fiber, anything that can be awaited is awaited.
  *#outcome(result: unknown): Generator<unknown, unknown, never> {
    if (isGenerator(result)) return yield* result;
    if (!isThenable(result)) return result;
    this.#holds += 1;
    const ended = (): void => this.#unhold();
    result.then(ended, ended);
    let waiting = true;
    try {
      const value = yield* until(result);
      waiting = false;
      return value;
    } catch (error) {
      waiting = false;
      throw error;
    } finally {
      if (waiting) (result as { cancel?: (reason: unknown) => void }).cancel?.(this.#fiber.signal.reason);
    }
  }

  #context(fiber: Fiber<unknown>, give: ((item: unknown) => Op<boolean>) | undefined): Call {
    const { board, peer } = this.#host;
    const { key, after } = this.#frame;
    return {
      // Read when asked for: a signal costs more than a small call.
      get signal(): AbortSignal {
        return fiber.signal;
      },
      deadline: this.#deadline,
      peer,
      roles: peer.roles,
      key,
      after,
      feed: this.#inlet as undefined,
      give: give as undefined,
      emerge: (...acts) => emergence(board.signals, acts, { fiber, signal: fiber.signal }),
    };
  }

  #listen(): Inlet<unknown> {
    const { board, line } = this.#host;
    const { id } = this.#frame;
    const { creditBytes } = board.limits;
    const grant = (bytes: number): void => void (this.#answered || line.send({ kind: "credit", id, bytes }));
    grant(creditBytes);
    return new Inlet(`the feed of ${this.#served.name}`, creditBytes, grant, () => {});
  }

  #hear(inlet: Inlet<unknown>, item: unknown, bytes: number): void {
    inlet.arrived(bytes);
    const { maxBytes, feed } = this.#served.method;
    if (bytes > maxBytes) {
      this.#fail(tooLarge(this.#served.name, "an item of its feed", bytes, maxBytes, this.#callId));
      return this.cancel(new HempleError("TOO_LARGE", "an item of the feed was too large"));
    }
    const take = (result: SchemaResult<unknown>): void => {
      if (result.issues === undefined) return inlet.item(result.value, bytes);
      this.#refuse("feed", result.issues);
      this.cancel(new HempleError("INVALID_INPUT", "an item of the feed was refused by its schema"));
    };
    const checked = validate(feed, item);
    if (this.#checking === undefined && !isThenable(checked)) take(checked);
    else this.#check(async () => take(await checked));
  }

  #heard(inlet: Inlet<unknown>): void {
    if (this.#checking === undefined) inlet.end();
    else this.#check(async () => inlet.end());
  }

  #check(step: () => Promise<void>): void {
    this.#checking = (this.#checking ?? Promise.resolve())
      .then(step)
      .catch((error: unknown) => this.#fail(failureOf(error, this.#served.name, this.#callId)));
  }

  #refuse(what: "input" | "feed", found: NonNullable<SchemaResult<unknown>["issues"]>): void {
    const issues = travelling(found);
    const message = `${this.#served.name} refused its ${what} ${issueText(issues[0])}`.slice(0, LONGEST_MESSAGE);
    this.#fail({ code: "INVALID_INPUT", message, callId: this.#callId, issues });
  }

  #fail(failure: Failure): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#host.board.count.failed += 1;
    this.#reply.error(failure);
  }

  #expire(): void {
    const message = `${this.#served.name} did not answer within ${this.#frame.deadlineMs} ms`;
    this.#fail({ code: "DEADLINE", message, callId: this.#callId });
    this.cancel(new HempleError("DEADLINE", message));
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    this.#unhold();
  }

  #unhold(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#host.free();
  }
}
