// An act that has changed since, an act that is asked for twice, snapshots, a store as it was, and a copy in use.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMansion, verifyMansion } from "@good-place/mansion";
import { acts, once, payload, shawn, upcast } from "@good-place/shawn";

interface Sheet {
  minutes: number;
}
const act = acts<Sheet>();
const folder = mkdtempSync(join(tmpdir(), "sheet-"));
const path = join(folder, "mansion");

// Last year an act told hours.
const spendHours = act("time/spend", payload<number>()).does({
  update(sheet, hours) {
    sheet.minutes += hours * 60;
  },
});
{
  await using mansion = await openMansion({ path });
  const sheet = shawn<Sheet>({ minutes: 0 }, { acts: [spendHours], journal: mansion.journal("sheet") });
  sheet.confirm(spendHours(2));
  await sheet.settled();
}

// This year it tells minutes. What is on the disk stays as it is.
const spend = act("time/spend", payload<{ minutes: number }>()).does({
  version: 2,
  update(sheet, { minutes }) {
    sheet.minutes += minutes;
  },
});
const program = {
  acts: [spend],
  upcasts: [upcast<number>("time/spend@1", "time/spend@2", (hours) => ({ minutes: hours * 60 }))],
  snapshots: { version: 1, every: 2 },
};
await using mansion = await openMansion({ path });
const journal = mansion.journal("sheet");
const sheet = shawn<Sheet>({ minutes: 0 }, { ...program, journal });
await sheet.settled();
console.log("from last year:", sheet.envelope.minutes);

// The client has not heard of the answer, and asks again.
for (let asked = 0; asked < 2; asked++) sheet.confirm(once("phone-17", spend({ minutes: 5 })));
sheet.confirm(spend({ minutes: 30 }));
await sheet.settled();
console.log("now:", sheet.envelope.minutes);

const then = shawn<Sheet>({ minutes: 0 }, { ...program, journal: journal.until(2) });
await then.settled();
console.log("as it was at record 2:", then.envelope.minutes);

await mansion.backup(join(folder, "copy"));
const { sound, journals } = await verifyMansion(join(folder, "copy"));
console.log("the copy is sound:", sound, "with", journals[0]?.records, "records");

await sheet.dismiss();
await then.dismiss();
rmSync(folder, { recursive: true });
