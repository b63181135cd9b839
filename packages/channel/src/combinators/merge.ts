/**
 * `merge`: the values of several channels in one. A pipe for each source, so that no value is taken before the reader, or
 * the output's buffer, has it; sources that have values wait in line, and so none starves another.
 */
import type { Channel } from "../channel-face.js";
import type { AnyChannel } from "../clause.js";
import { checkOptions, describe, misuse } from "../errors.js";
import { innermost, spawn } from "../go.js";
import type { Joint } from "../parked.js";
import { scope } from "../scope.js";
import { checkChannel, checkFlags, ending, feed, OUTPUT_OPTIONS, type OutputOptions, output } from "./output.js";
import { moving } from "./pipe.js";

/** The type of what a channel carries. */
export type Item<C> = C extends Channel<infer T> ? T : never;

/**
 * A channel of all the sources' values, each source's in its order. Closes when all sources have ended, with the reason of
 * the last; an abort of one aborts it and closes the others. Closed by its reader or cancelled, it closes the sources.
 */
export function merge<C extends AnyChannel>(
  channels: Iterable<C>,
  options: OutputOptions<Item<C>> = {},
): Channel<Item<C>> {
  if (typeof channels !== "object" || channels === null || !(Symbol.iterator in channels)) {
    throw misuse("type", "NOT_A_CHANNEL", `merge() takes a list of channels, got ${describe(channels)}`);
  }
  const sources = [...channels] as unknown[];
  for (const source of sources) checkChannel("merge(): every source", source);
  checkOptions("merge()", options, OUTPUT_OPTIONS);
  checkFlags("merge()", options, ["closeSource"]);
  const { buffer = 0, closeSource = true } = options;
  const out = output(buffer, options);
  const body = (): Generator<unknown, void, never> => merging(sources as Joint<Item<C>>[], out, closeSource);
  void feed(ending(out, closeSource ? (sources as Channel<never>[]) : []), body, { name: "merge" });
  return out;
}

function* merging<T>(sources: Joint<T>[], out: Joint<T>, closeSource: boolean): Generator<unknown, void, never> {
  let reason: unknown;
  yield* scope(
    () => {
      for (const source of sources) {
        const body = function* pipe(): Generator<unknown, void, never> {
          yield* moving(source, out, { finish: false, abort: true, closeSource });
          reason = source.reason;
        };
        spawn(body, {}, innermost(), true);
      }
    },
    { name: "sources" },
  );
  void out.finish(reason);
}
