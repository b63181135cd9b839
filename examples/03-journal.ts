// A store whose acts survive the process: what was settled is there when the mansion is opened again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import { acts, payload, shawn } from "@good-place/shawn";

interface Jar {
  coins: number;
}
const act = acts<Jar>();
const add = act("coins/add", payload<number>()).does({
  update(jar, coins) {
    jar.coins += coins;
  },
});

const path = join(mkdtempSync(join(tmpdir(), "jar-")), "mansion");

for (const coins of [5, 7]) {
  const mansion = await openMansion({ path });
  const jar = shawn<Jar>({ coins: 0 }, { acts: [add], journal: mansion.journal("jar") });
  await jar.settled(); // the journal is replayed
  console.log("found", jar.envelope.coins, "coins, adding", coins);
  jar.confirm(add(coins));
  await jar.settled(); // and now it is on the disk
  await jar.dismiss();
  await mansion.close();
}
rmSync(join(path, ".."), { recursive: true });
