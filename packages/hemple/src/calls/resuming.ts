/**
 * A stream that outlives its lines: where one breaks it is asked for again on the next, behind the last item that its
 * reader has. Without positions it is asked for again only as long as no item has come.
 */
import {
  type Channel,
  CLOSED,
  type Closed,
  channel,
  type Fiber,
  go,
  type Op,
  sleep,
  until,
  type WaitOptions,
} from "@good-place/channel";
import { HempleError } from "../errors.js";
import { backoffMs, type Waits } from "../wire/waits.js";
import type { Again } from "./again.js";
import { type Asking, checkCall, deadlineOf } from "./caller.js";
import type { Stream } from "./inlet.js";

export class Resuming implements Stream<unknown> {
  readonly channel: Channel<unknown>;
  readonly #lines: Again;
  readonly #asking: Asking;
  readonly #fiber: Fiber<void>;
  #after: string | number | undefined;
  #begun = false;

  constructor(lines: Again, asking: Asking) {
    this.#lines = lines;
    this.#asking = asking;
    this.channel = channel(0, { name: asking.name });
    const deadlineMs = deadlineOf(asking.options);
    const body = (fiber: Fiber<unknown>): Generator<unknown, void, never> => this.#run(fiber.signal, deadlineMs);
    this.#fiber = go(body, { name: asking.name, detached: true, supervisor: null });
    this.#fiber.then(
      () => this.channel.close(),
      (error) => this.channel.abort(error),
    );
  }

  take(options?: WaitOptions): Op<unknown | Closed> {
    return this.channel.take(options);
  }

  cancel(reason?: unknown): void {
    this.channel.close(reason);
    this.#fiber.cancel(reason);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return {
      next: async () => {
        const value = await this.channel.take();
        return value === CLOSED ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  *#run(signal: AbortSignal, deadlineMs: number | undefined): Generator<unknown, void, never> {
    const { name, method, options } = this.#asking;
    checkCall(name, options);
    const endsAt = Date.now() + (deadlineMs ?? Infinity);
    const late = deadlineMs === undefined ? undefined : AbortSignal.timeout(Math.min(deadlineMs, 2 ** 31 - 1));
    const signals = [signal, options.signal, options.within?.signal, late].filter((one) => one !== undefined);
    const ends = AbortSignal.any(signals);
    for (let failures = 0; ; failures++) {
      let asked: string | undefined;
      try {
        const current = yield* until(this.#lines.open(ends));
        asked = current.instance;
        const left = deadlineMs === undefined ? undefined : Math.max(0, endsAt - Date.now());
        const asking = { ...this.#asking, after: this.#after, options: { ...options, deadlineMs: left, signal: ends } };
        if (yield* this.#pass(current.caller.ask(asking) as Stream<unknown>)) return;
      } catch (error) {
        if (late?.aborted && error === late.reason)
          throw new HempleError("DEADLINE", `${name} was not over within ${deadlineMs} ms`);
        const resumable = method.position !== undefined || !this.#begun;
        const idempotent = method.idempotent || method.position !== undefined;
        if (!resumable || !this.#lines.safe(error, { ...this.#asking, method: { ...method, idempotent } }, asked))
          throw error;
      }
      yield* sleep(backoffMs(this.#lines.reconnect as Waits, failures), { signal: ends });
    }
  }

  // Hands on what comes, until the end; fails as the stream does.
  *#pass(stream: Stream<unknown>): Generator<unknown, boolean, never> {
    const position = this.#asking.method.position as ((item: unknown) => string | number) | undefined;
    try {
      for (;;) {
        const item = yield* stream.take();
        if (item === CLOSED) return true;
        if (!(yield* this.channel.give(item))) return true;
        this.#begun = true;
        this.#after = position?.(item);
      }
    } finally {
      stream.cancel();
    }
  }
}
