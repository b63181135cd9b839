/**
 * `npm run bench` runs every comparison, `npm run bench -- channel` one; `--json` prints one JSON object a line.
 */
import { type Case, measure, type Result } from "./harness.js";

const benches: Readonly<Record<string, () => Promise<{ cases: () => Promise<readonly Case[]> | readonly Case[] }>>> = {
  channel: () => import("./channel.js"),
  shawn: () => import("./shawn.js"),
  mansion: () => import("./mansion.js"),
  chidi: () => import("./chidi.js"),
  trevor: () => import("./trevor.js"),
  hemple: () => import("./hemple.js"),
};

// As people run it: the checks and the freezing of development are not what is compared.
process.env.NODE_ENV ??= "production";

const args = process.argv.slice(2);
const json = args.includes("--json");
const names = args.filter((arg) => !arg.startsWith("--"));
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const load = benches[name];
  if (load === undefined) {
    console.error(`there is no bench "${name}"; there are ${Object.keys(benches).join(", ")}`);
    process.exit(2);
  }
  const { cases } = await load();
  for (const subject of await cases()) show(await measure(subject));
}
process.exit(0);

function show(result: Result): void {
  if (json) return console.log(JSON.stringify(result));
  const peers = Object.entries(result.peers).map(([name, value]) => `${name} ${value} (x${result.ratio[name]})`);
  console.log(
    `${result.bench.padEnd(8)} ${result.case.padEnd(34)} ${`${result.ours} ${result.unit}`.padStart(16)}   ${peers.join("   ")}`,
  );
}
