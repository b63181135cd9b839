/**
 * `pipe`: moves values from a channel through stages into another, and lets the end of either channel be the end of both.
 * A pipe holds no value: a give to its source is accepted when the sink, or a buffer before it, has the value. See `Link`.
 */
import { CLOSED } from "../answers.js";
import type { Channel } from "../channel-face.js";
import { checkOptions, misuse } from "../errors.js";
import type { Fiber } from "../fiber-face.js";
import type { Joint } from "../parked.js";
import { Link } from "./link.js";
import { checkChannel, checkFlags, ending, feed } from "./output.js";

/** A step of a `pipe`: makes the channel of what it does with the values of another. */
export type Stage<A, B> = (from: Channel<A>) => Channel<B>;

export interface PipeOptions {
  /** Finishes the sink when the source has ended; aborts it when the source was aborted or the pipe cancelled; true by default. */
  readonly close?: boolean | undefined;
  /** Closes the source when the pipe ends before it, so that givers learn that nobody takes any more; true by default. */
  readonly closeSource?: boolean | undefined;
}

/** Options of a pipe with stages: what becomes of its source is up to the first stage. */
export type StagedPipeOptions = Pick<PipeOptions, "close">;

/**
 * Moves all values of the source into the sink, through the stages if there are any, and returns the fiber that does; with
 * a stage in the place of the sink it returns the channel of the last stage.
 * When the source is closed and empty, the sink is finished with its reason; an abort is passed on to the sink, or is the
 * fiber's error where `close` is false. When the sink closes, nothing more is taken, and the source is closed with the
 * sink's reason; what it has buffered stays there. A cancelled pipe aborts the sink and closes the source; with
 * `{ close: false, closeSource: false }` it leaves both as they are, and every value in them.
 */
// Those that end in a stage come first: the parameters of a function in a stage keep the types of the first that is tried.
export function pipe<A, B>(source: Channel<A>, a: Stage<A, B>): Channel<B>;
export function pipe<A, B, C>(source: Channel<A>, a: Stage<A, B>, b: Stage<B, C>): Channel<C>;
export function pipe<A, B, C, D>(source: Channel<A>, a: Stage<A, B>, b: Stage<B, C>, c: Stage<C, D>): Channel<D>;
export function pipe<A, B, C, D, E>(
  source: Channel<A>,
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
): Channel<E>;
export function pipe<A, B>(
  source: Channel<A>,
  a: Stage<A, B>,
  sink: Channel<B>,
  options?: StagedPipeOptions,
): Fiber<void>;
export function pipe<A, B, C>(
  source: Channel<A>,
  a: Stage<A, B>,
  b: Stage<B, C>,
  sink: Channel<C>,
  options?: StagedPipeOptions,
): Fiber<void>;
export function pipe<A, B, C, D>(
  source: Channel<A>,
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  sink: Channel<D>,
  options?: StagedPipeOptions,
): Fiber<void>;
export function pipe<A, B, C, D, E>(
  source: Channel<A>,
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  sink: Channel<E>,
  options?: StagedPipeOptions,
): Fiber<void>;
export function pipe<A>(source: Channel<A>, sink: Channel<A>, options?: PipeOptions): Fiber<void>;
export function pipe(source: Channel<unknown>, ...rest: readonly unknown[]): Fiber<void> | Channel<unknown> {
  checkChannel("pipe() source", source);
  const afterStages = rest.findIndex((each) => typeof each !== "function");
  const stages = (afterStages < 0 ? rest : rest.slice(0, afterStages)) as readonly AnyStage[];
  if (afterStages < 0 && stages.length > 0) return through(source, stages);
  const [sink, options = {}, ...more] = rest.slice(afterStages) as [Channel<unknown>, PipeOptions?, ...unknown[]];
  checkChannel("pipe() sink", sink);
  const staged = stages.length > 0;
  checkOptions("pipe()", options, staged ? ["close"] : ["close", "closeSource"]);
  checkFlags("pipe()", options, ["close", "closeSource"]);
  if (more.length > 0) {
    throw misuse("type", "NOT_A_STAGE", "pipe() takes a source, stages, a sink and options; something follows these");
  }
  if (sink === source && !staged) {
    throw misuse("type", "PIPE_TO_ITSELF", "pipe() got one channel as source and sink; pass two");
  }
  const { close = true, closeSource = true } = options;
  const from = through(source, stages) as Joint<unknown>;
  const to = sink as Joint<unknown>;
  const body = (): Generator<unknown, void, never> => moving(from, to, { finish: close, abort: close, closeSource });
  // Nobody else knows the channel of the last stage: without the pipe it has no reader.
  const sources = staged || closeSource ? [from as Channel<never>] : [];
  return feed(ending(close ? to : null, sources), body, { name: "pipe" });
}

/** What the end of one channel of a pipe does to the other. */
export interface Ends {
  readonly finish: boolean;
  readonly abort: boolean;
  readonly closeSource: boolean;
}

/** The body of a pipe. */
export function* moving<T>(from: Joint<T>, to: Joint<T>, ends: Ends): Generator<unknown, void, never> {
  const link = new Link(from, to);
  try {
    for (;;) {
      const moved = yield* link.move();
      if (moved === true) continue;
      if (moved === false && ends.closeSource) from.close(to.reason);
      if (moved === CLOSED && ends.finish) void to.finish(from.reason);
      return;
    }
  } catch (error) {
    if (!ends.abort || to.closed) throw error;
    to.abort(error);
    if (ends.closeSource) from.close(error);
  } finally {
    link.end();
  }
}

type AnyStage = (from: Channel<unknown>) => unknown;

function through(source: Channel<unknown>, stages: readonly AnyStage[]): Channel<unknown> {
  let from = source;
  for (const stage of stages) {
    const next = stage(from);
    checkChannel("what a stage of pipe() returns", next);
    from = next;
  }
  return from;
}
