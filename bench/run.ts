/**
 * `npm run bench` runs every comparison, `npm run bench -- channel` one; `--json` prints one JSON object a line. Further
 * words choose the cases whose names have one of them: `npm run bench -- channel rendezvous select`.
 */
import { benches } from "./benches.js";
import { measure, type Result } from "./harness.js";

// As people run it: the checks and the freezing of development are not what is compared.
process.env.NODE_ENV ??= "production";

const args = process.argv.slice(2);
const json = args.includes("--json");
const words = args.filter((arg) => !arg.startsWith("--"));
const names = words.filter((word) => word in benches);
const chosen = words.filter((word) => !names.includes(word));
if (chosen.length > 0 && names.length === 0) {
  console.error(`there is no bench "${chosen[0]}"; there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const subjects = (await (await benches[name]?.())?.cases()) ?? [];
  for (const [index, subject] of subjects.entries()) {
    if (chosen.length > 0 && !chosen.some((word) => subject.case.includes(word))) continue;
    show(await measure(subject, index));
  }
}
process.exit(0);

function show(result: Result): void {
  if (json) return console.log(JSON.stringify(result));
  const peers = Object.entries(result.peers).map(([name, value]) => `${name} ${value} (x${result.ratio[name]})`);
  console.log(
    `${result.bench.padEnd(8)} ${result.case.padEnd(34)} ${`${result.ours} ${result.unit}`.padStart(16)}   ${peers.join("   ")}`,
  );
}
