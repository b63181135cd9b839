/**
 * The contract of channels as one suite: the same facts for every kind of channel, each run by its maker.
 */
import { describe, test } from "vitest";
import { cancelling, signals } from "./cancelling.js";
import { aborting, closing, finishing } from "./closing.js";
import type { Fact, Maker } from "./maker.js";
import { programs } from "./program.js";
import { choice, commit } from "./selecting.js";
import { iteration, values } from "./values.js";

const chapters: Record<string, readonly Fact[]> = {
  values,
  iteration,
  closing,
  finishing,
  aborting,
  cancelling,
  signals,
  choice,
  commit,
};

export function contract(maker: Maker): void {
  describe(`the contract of channels, ${maker.name}`, () => {
    for (const [chapter, facts] of Object.entries(chapters)) {
      describe(chapter, () => {
        for (const { title, needs, body } of facts) {
          const reason = needs === undefined ? undefined : maker.lacks[needs];
          if (reason === undefined) test(title, async () => void (await maker.run(() => body(maker))));
          else test.skip(`${title} (${reason})`, () => {});
        }
      });
    }

    test("under random programs every accepted value is taken once, in the order of its giver, or reported", () =>
      programs(maker, "rendezvous" in maker.lacks ? 1 : 0));
  });
}
