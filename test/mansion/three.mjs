// Appends three records, one after the other, to a mansion in argv[2] with durability argv[3]; prints each when resolved.
import { writeSync } from "node:fs";
import { openMansion } from "@good-place/mansion";

const [, , path, durability] = process.argv;
const mansion = await openMansion({ path, durability });
const journal = mansion.journal("office");
writeSync(1, "resolved 0\n");
for (const seq of [1, 2, 3]) {
  const meta = { id: `a${seq}`, seq, at: seq, cause: undefined, by: undefined };
  await journal.append([{ seq, name: "task/tick", payload: null, meta }]);
  writeSync(1, `resolved ${seq}\n`);
}
await mansion.close();
