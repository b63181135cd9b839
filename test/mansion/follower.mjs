// Appends records to the journal "office" of the mansion in argv[2] without end, while the buffet "sums" follows it: each
// record adds its number to one of three documents, which so count what they were made from. Prints "seq" of each record
// that the buffet stands for.
import { writeSync } from "node:fs";
import { openMansion } from "@good-place/mansion";

const mansion = await openMansion({ path: process.argv[2] });
const journal = mansion.journal("office");
let seq = 0;
for await (const record of journal.replay(1)) seq = record.seq;

const sums = mansion.buffet("sums", { index: ["sum"] });
const following = sums.follow(journal, ({ payload }, tx) => {
  const { count = 0, sum = 0 } = tx.get(payload.of) ?? {};
  tx.put({ id: payload.of, count: count + 1, sum: sum + payload.number });
});
const caller = async () => {
  for (;;) {
    const number = ++seq;
    const meta = { id: `a${number}`, seq: number, at: number, cause: undefined, by: undefined };
    await journal.append([{ seq: number, name: "sum/add", payload: { of: `sum ${number % 3}`, number }, meta }]);
    await following.until(number);
    writeSync(1, `${number}\n`);
  }
};
await Promise.all(Array.from({ length: 4 }, caller));
