/**
 * `thread`: a cocoon whose body runs in a thread of its own. It stands apart from `cocoon`, so that a bundle without
 * threads has none of their code.
 */

import { checkOptions, misuse } from "@good-place/channel/misuse";
import { type ThreadOptions as ChannelThreadOptions, goThread, type ThreadWorker } from "@good-place/channel/thread";
import { COCOON_OPTIONS, type CocoonOptions, type CocoonSpec, specOf } from "./cocoon.js";

export interface ThreadOptions extends CocoonOptions, Pick<ChannelThreadOptions, "transfer" | "graceMs"> {}

/**
 * Says that the module at `url` is to run in a thread under the store's `threadFlow`, with a copy of the input that is
 * made when it starts. What its body yields are acts, `{ name, payload }`; `emerge` there waits until they are confirmed
 * (with a journal: durable), and so keeps a fast thread from running ahead. What the body returns is the product.
 * A refused act fails the `emerge`; where it was yielded the thread is cancelled, and the cocoon fails with the refusal.
 * It fails with the ThreadError of `goThread`, whose sources, `transfer` and `graceMs` it takes.
 */
export function thread(
  source: URL | string | (() => ThreadWorker),
  input?: unknown,
  options: ThreadOptions = {},
): CocoonSpec {
  checkOptions("thread()", options, [...COCOON_OPTIONS, "transfer", "graceMs"]);
  const { transfer, graceMs, restart = false } = options;
  if (restart !== false && transfer !== undefined) {
    throw misuse(
      "type",
      "BAD_OPTION",
      "thread() with restart cannot transfer: the second start would have nothing left",
    );
  }
  return specOf(
    "thread()",
    { tag: "thread", start: (supervisor) => goThread(source, input, { supervisor, transfer, graceMs }) },
    options,
  );
}
