// Confirms numbers in the mansion at argv[2] at both levels, each as soon as the turn allows, and prints which are on disk.
import { openMansion } from "@good-place/mansion";
import { acts, payload, shawn } from "@good-place/shawn";

const act = acts();
const count = act("count", payload()).does({
  update(envelope, n) {
    envelope.last = n;
  },
});
const mansion = await openMansion({ path: process.argv[2] });
const store = shawn({ last: 0 }, { acts: [count], journal: mansion.journal("numbers") });
await store.settled();
for (let n = store.envelope.last + 1; ; n++) {
  if (n % 5 > 0) await store.confirmAt("memory", count(n));
  else {
    const kept = store.confirmAt("disk", count(n)).then(() => console.log(n));
    if (n % 3 === 0) await kept;
  }
}
