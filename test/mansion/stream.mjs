// Appends records to the journal "office" of the mansion in argv[2] without end, from several callers, in batches of
// one to three, and prints "first last" of each batch once it is acknowledged. Prints the code of the first failure.
import { writeSync } from "node:fs";
import { openMansion } from "@good-place/mansion";

const [, , path, size = "100"] = process.argv;
const mansion = await openMansion({ path });
const journal = mansion.journal("office");
let seq = 0;
for await (const record of journal.replay(1)) seq = record.seq;

const record = (n, first, last) => {
  const meta = { id: `a${n}`, seq: n, at: n, cause: undefined, by: undefined };
  return { seq: n, name: "task/tick", payload: { first, last, text: "x".repeat(Number(size)) }, meta };
};
const caller = async () => {
  for (;;) {
    const first = seq + 1;
    const last = seq + 1 + (seq % 3);
    seq = last;
    await journal.append(Array.from({ length: last - first + 1 }, (_, i) => record(first + i, first, last)));
    writeSync(1, `${first} ${last}\n`);
  }
};
try {
  await Promise.all(Array.from({ length: 8 }, caller));
} catch (error) {
  writeSync(1, `${error.code}\n`);
  const again = await journal.append([record(seq + 1, 0, 0)]).catch((refusal) => refusal);
  writeSync(
    1,
    `${again.code} ${typeof again.cause?.code === "string" ? again.cause.code : again.cause !== undefined}\n`,
  );
  await mansion.close();
}
