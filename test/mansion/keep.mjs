// Keeps a small and a large snapshot in the mansion in argv[2] and appends a record after each. Prints what came of them.
import { openMansion } from "@good-place/mansion";

const mansion = await openMansion({ path: process.argv[2] });
const journal = mansion.journal("office");
const append = async (seq) => {
  const meta = { id: `a${seq}`, seq, at: seq, cause: undefined, by: undefined };
  await journal.append([{ seq, name: "task/tick", payload: null, meta }]);
};
await append(1);
for (const [seq, size] of [
  [1, 1000],
  [2, 1_500_000],
]) {
  const kept = journal.keep({ seq, fold: "fold", state: "x".repeat(size) }).then(
    () => "kept",
    ({ code }) => code,
  );
  await append(seq + 1);
  console.log(await kept);
}
console.log(journal.position.seq, (await journal.snapshot("fold")).seq);
await mansion.close();
