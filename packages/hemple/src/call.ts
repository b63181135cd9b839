/**
 * One call on the server: a fiber that checks the input, runs the handler, checks and sends the answer. It ends early
 * when the caller cancels, its deadline passes, or its connection ends.
 * Invariant: at most one answer is sent, and the call counts as running until its handler has really ended.
 */

import { emergence, type Fiber, giveSupervisor, type Op, type Scope, until } from "@good-place/channel";
import { isGenerator, isThenable, type SchemaResult } from "@good-place/channel/shapes";
import type { Desk, Peer, Served } from "./desk.js";
import { HempleError } from "./errors.js";
import { failureOf } from "./failure.js";
import type { Failure, Frame } from "./frame.js";
import { type AnySchema, issueText, travelling } from "./schema.js";
import type { Line } from "./wire/line.js";

/** What a handler gets beside its input. */
export interface Call {
  /** Aborts when the caller cancels, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in epoch milliseconds of this machine; undefined where it waits for ever. */
  readonly deadline: number | undefined;
  readonly peer: Peer;
  readonly roles: readonly string[];
  /** Gives acts to the server's supervisor, and waits until they are confirmed; fails with the refusal. */
  emerge(...acts: unknown[]): Op<void>;
}

/** Where a call runs. */
export interface CallHost {
  readonly desk: Desk;
  readonly line: Line;
  readonly peer: Peer;
  readonly scope: Scope;
  /** The call's handler has ended. */
  free(id: number): void;
}

// The longest delay that timers take.
const LONGEST_MS = 2 ** 31 - 1;
const LONGEST_MESSAGE = 400;
const NOTHING: SchemaResult<unknown> = { value: undefined };
// The input was answered with an error.
const REFUSED = Symbol("refused");

export class RunningCall {
  readonly #host: CallHost;
  readonly #served: Served;
  readonly #frame: Extract<Frame, { kind: "call" }>;
  readonly #callId: string;
  readonly #fiber: Fiber<void>;
  #timer: NodeJS.Timeout | undefined;
  #answered = false;
  // What still has to end before the call counts as ended: the fiber, and a promise that its handler gave.
  #holds = 1;
  #begun = false;
  #released = false;

  constructor(host: CallHost, served: Served, frame: Extract<Frame, { kind: "call" }>) {
    this.#host = host;
    this.#served = served;
    this.#frame = frame;
    this.#callId = `${host.peer.connection}-${frame.id}`;
    const { deadlineMs } = frame;
    if (deadlineMs !== undefined) {
      this.#timer = setTimeout(() => this.#expire(), Math.min(deadlineMs, LONGEST_MS));
    }
    const body = (fiber: Fiber<unknown>): Generator<unknown, void, never> => this.#run(fiber);
    this.#fiber = host.scope.go(body, { name: served.name, supervisor: host.desk.signals });
  }

  /** Ends the call without an answer. */
  cancel(reason: unknown): void {
    this.#answered = true;
    this.#fiber.cancel(reason);
    // A fiber that has not begun ends without a step.
    if (!this.#begun) this.#release();
  }

  *#run(fiber: Fiber<unknown>): Generator<unknown, void, never> {
    this.#begun = true;
    try {
      const input = yield* this.#input();
      if (input !== REFUSED) yield* this.#perform(input, this.#context(fiber));
    } catch (error) {
      const { name } = this.#served;
      this.#fail(failureOf(error, name, this.#callId));
      const signal = { tag: "error", error, method: name, callId: this.#callId, peer: this.#host.peer };
      yield* giveSupervisor(signal);
    } finally {
      // Only a cancel that came from neither the caller nor the deadline leaves the call without an answer.
      const { name } = this.#served;
      this.#fail({ code: "CANCELLED", message: `${name} was cancelled inside the server`, callId: this.#callId });
      this.#release();
    }
  }

  // What does not fit is the caller's fault: it is answered, and is no error of this server.
  *#input(): Generator<unknown, unknown, never> {
    const { method, name } = this.#served;
    const result = yield* validated(method.input, this.#frame.input);
    if (result.issues === undefined) return result.value;
    const issues = travelling(result.issues);
    const message = `${name} refused its input ${issueText(issues[0])}`.slice(0, LONGEST_MESSAGE);
    this.#fail({ code: "INVALID_INPUT", message, callId: this.#callId, issues });
    return REFUSED;
  }

  *#perform(input: unknown, call: Call): Generator<unknown, void, never> {
    const { method, handler, name } = this.#served;
    const returned = yield* this.#outcome(handler(input, call));
    const output = method.output === undefined ? NOTHING : yield* validated(method.output, returned);
    if (this.#answered) return;
    try {
      if (output.issues !== undefined) throw new HempleError("INVALID_OUTPUT", issueText(travelling(output.issues)[0]));
      this.#host.line.send({ kind: "result", id: this.#frame.id, value: output.value });
    } catch (cause) {
      // The caller learns that it was not its fault, and no more; the signal holds the reason.
      throw new HempleError("INVALID_OUTPUT", `${name} gave an answer that does not fit`, { cause });
    }
    this.#answered = true;
    this.#host.desk.count.answered += 1;
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

  #context(fiber: Fiber<unknown>): Call {
    const { desk, peer } = this.#host;
    const { deadlineMs } = this.#frame;
    return {
      // Read when asked for: a signal costs more than a small call.
      get signal(): AbortSignal {
        return fiber.signal;
      },
      deadline: deadlineMs === undefined ? undefined : Date.now() + deadlineMs,
      peer,
      roles: peer.roles,
      emerge: (...acts) => emergence(desk.signals, acts, { fiber, signal: fiber.signal }),
    };
  }

  #fail(failure: Failure): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#host.desk.count.failed += 1;
    const { line } = this.#host;
    try {
      line.send({ kind: "error", id: this.#frame.id, failure });
    } catch {
      // Too long with all that the schema has against the input: the text names the first.
      line.send({ kind: "error", id: this.#frame.id, failure: { ...failure, issues: undefined } });
    }
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
    if (this.#holds === 0) this.#host.free(this.#frame.id);
  }
}

function* validated(schema: AnySchema | undefined, value: unknown): Generator<unknown, SchemaResult<unknown>, never> {
  if (schema === undefined) return value === undefined ? NOTHING : { issues: [{ message: "nothing may be sent" }] };
  const result = schema["~standard"].validate(value);
  return isThenable(result) ? yield* until(result) : result;
}
