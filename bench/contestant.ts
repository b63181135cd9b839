/**
 * The process of one runner of one case (see `harness.ts`): it does a round whenever it is told to.
 */
import { benches } from "./benches.js";
import { sampled } from "./harness.js";

const [bench = "", index = "", name = ""] = process.argv.slice(2);
const { cases } = (await benches[bench]?.()) ?? {};
const subject = (await cases?.())?.[Number(index)];
if (subject === undefined) throw new Error(`there is no case ${index} in the bench "${bench}"`);

process.on("message", async () => {
  const sample = await sampled(subject, name);
  process.send?.(sample);
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
