// Documents made from a journal: a buffet follows it, is found by its indexes, and goes on where it was after a restart.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuffetWrite, openMansion } from "@good-place/mansion";
import { acts, type JournalRecord, payload, shawn } from "@good-place/shawn";

interface Order {
  readonly id: string;
  readonly flavour: string;
  readonly scoops: number;
}
const act = acts<{ orders: number }>();
const place = act("order/place", payload<Order>()).does({
  update(shop) {
    shop.orders += 1;
  },
});
const cancel = act("order/cancel", payload<string>()).does({
  update(shop) {
    shop.orders -= 1;
  },
});

// What an act means for the documents. It and the position behind it are one transaction.
function project({ name, payload }: JournalRecord, tx: BuffetWrite<Order>): void {
  if (name === "order/place") tx.put(payload as Order);
  if (name === "order/cancel") tx.delete(payload as string);
}

const path = join(mkdtempSync(join(tmpdir(), "shop-")), "mansion");

for (const day of [1, 2]) {
  await using mansion = await openMansion({ path });
  const journal = mansion.journal("shop");
  const orders = mansion.buffet<Order, "flavour" | "scoops">("orders", { index: ["flavour", "scoops"] });
  const following = orders.follow(journal, project);
  const shop = shawn({ orders: 0 }, { acts: [place, cancel], journal });
  await shop.settled();
  console.log(`day ${day} begins with ${orders.count()} orders`);
  for (const [n, flavour] of ["peanut", "shrimp", "peanut", "full cell battery"].entries()) {
    shop.confirm(place({ id: `${day}-${n}`, flavour, scoops: day * (n + 1) }));
  }
  shop.confirm(cancel(`${day}-1`));
  await shop.settled();
  await following.until(journal.position?.seq ?? 0);
  const peanut = orders.find({ where: { flavour: "peanut" }, order: "scoops", descending: true });
  console.log("peanut, largest first:", peanut.map(({ id, scoops }) => `${id} (${scoops})`).join(", "));
  const { documents, next } = orders.page({ where: { scoops: { gte: 3 } }, order: "scoops", limit: 2 });
  console.log("three scoops and more:", documents.map(({ id }) => id).join(", "), next === undefined ? "" : "and more");
  await shop.dismiss();
}
rmSync(join(path, ".."), { recursive: true });
