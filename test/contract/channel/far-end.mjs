/**
 * The far end of thread channels: works off the commands that come from the other thread, and answers in the order of the ends.
 */
import { CLOSED } from "@good-place/channel";
import { Operator } from "./operator.mjs";

export default function* ({ commands, answers }) {
  const operator = new Operator();
  for (;;) {
    const told = yield* commands.take();
    if (told === CLOSED) return;
    if ("channel" in told) operator.add(told.at, told.channel);
    else operator.begin(told).then((outcome) => answers.give({ data: { id: told.id, outcome } }));
  }
}
