/**
 * What the combinators have in common: an output channel that ends with the fiber that feeds it, and how they refuse
 * wrong arguments.
 * Invariant: an output never stays open when its fiber has ended, however that ended, so that no reader waits for ever.
 */
import type { Buffer } from "../buffer.js";
import { type Chan, channel } from "../channel.js";
import { type Channel, type ChannelOptions, isChannel } from "../channel-face.js";
import { describe, misuse } from "../errors.js";
import type { FiberOp } from "../fiber.js";
import type { Body, Fiber, FiberOptions } from "../fiber-face.js";
import { go } from "../go.js";
import { root } from "../owner.js";

/** Options of a combinator that makes its output channel: those of a channel, its buffer, and what becomes of the source. */
export interface OutputOptions<T> extends ChannelOptions<T> {
  /** The output's buffer; a rendezvous by default. */
  readonly buffer?: number | Buffer | undefined;
  /** Closes the source when the combinator ends before it, so that givers learn that nobody takes any more; true by default. */
  readonly closeSource?: boolean | undefined;
}

export const CHANNEL_OPTIONS: readonly string[] = ["name", "onUndelivered", "maxParked"];
export const OUTPUT_OPTIONS: readonly string[] = [...CHANNEL_OPTIONS, "buffer", "closeSource"];

/** A new output channel, with the options of a channel among those of a combinator. */
export function output<T>(buffer: number | Buffer, { name, onUndelivered, maxParked }: ChannelOptions<T>): Chan<T> {
  return channel(buffer, { name, onUndelivered, maxParked }) as Chan<T>;
}

/**
 * Starts the fiber of a combinator in the innermost scope. If it fails or is cancelled, `abort` gets the error; what it
 * answers is whether anybody can hear of it there. An error belongs to the scope; at the root, where there is none, it
 * belongs to those who take from the output, and is unhandled only where nobody can.
 */
export function feed(abort: (error: unknown) => boolean, body: Body<void>, options: FiberOptions): Fiber<void> {
  const fiber = go(body, options) as FiberOp<void>;
  fiber.watch({
    passive: true,
    wake(ended) {
      if (ended.failed && abort(ended.value) && fiber.owner === root) fiber.observed = true;
    },
  });
  return fiber;
}

/** Aborts an output, if there is one to abort, and closes what feeds it. Answers false where nobody can hear of the error. */
export function ending<T>(out: Channel<T> | null, sources: readonly Channel<never>[]): (error: unknown) => boolean {
  return (error) => {
    const heard = out !== null && !out.closed;
    out?.abort(error);
    for (const source of sources) source.close(error);
    return heard;
  };
}

/** Refuses what is no channel. */
export function checkChannel(what: string, value: unknown): asserts value is Channel<unknown> {
  if (isChannel(value)) return;
  throw misuse("type", "NOT_A_CHANNEL", `${what} must be a channel, got ${describe(value)}`);
}

/** Refuses what is neither true, false nor left out. */
export function checkFlags<O extends object>(where: string, options: O, flags: readonly (keyof O & string)[]): void {
  for (const flag of flags) {
    const value: unknown = options[flag];
    if (value === undefined || typeof value === "boolean") continue;
    throw misuse("type", "BAD_OPTION", `${where}: ${flag} must be true or false, got ${describe(value)}`);
  }
}
