// Opens the mansion in argv[2], prints how many records its journal "office" has, without a gap and with the last append
// whole, appends one more and prints "appended". Prints the code of a failure.
import { openMansion } from "@good-place/mansion";

try {
  const mansion = await openMansion({ path: process.argv[2] });
  const journal = mansion.journal("office");
  let last;
  for await (const record of journal.replay(1)) {
    if (record.seq !== (last?.seq ?? 0) + 1) throw new Error(`a gap before ${record.seq}`);
    last = record;
  }
  if (last !== undefined && last.payload.last !== last.seq) throw new Error("the last append is torn");
  const seq = last?.seq ?? 0;
  console.log(seq);
  const meta = { id: "more", seq: seq + 1, at: 0, cause: undefined, by: undefined };
  await journal.append([{ seq: seq + 1, name: "task/tick", payload: { last: seq + 1 }, meta }]);
  console.log("appended");
  await mansion.close();
} catch (error) {
  console.log(error.code ?? error.message);
}
