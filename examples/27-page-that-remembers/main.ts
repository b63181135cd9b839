// A page whose store survives a reload: its acts are in a journal in the browser's IndexedDB.
import { openMansion } from "@good-place/mansion/browser";
import { acts, payload, shawn } from "@good-place/shawn";

interface Shop {
  cups: number;
}
const act = acts<Shop>();
const eat = act("yogurt/eat", payload<number>()).does({
  update(shop, cups) {
    shop.cups += cups;
  },
});

const output = document.querySelector("output") as HTMLOutputElement;
const button = document.querySelector("button") as HTMLButtonElement;

try {
  const mansion = await openMansion({ name: "yogurt" });
  const shop = shawn<Shop>({ cups: 0 }, { acts: [eat], journal: mansion.journal("shop") });
  await shop.settled(); // the journal is replayed
  const show = (durable: boolean): void => {
    output.value = `${shop.envelope.cups} cups${durable ? ", kept" : ""}`;
  };
  button.disabled = false;
  button.onclick = async () => {
    shop.confirm(eat(1));
    show(false);
    await shop.settled();
    show(true); // from here on a reload finds it
  };
  show(true);
} catch (error) {
  // MANSION_LOCKED: another tab has it open.
  output.value = (error as Error).message;
}
