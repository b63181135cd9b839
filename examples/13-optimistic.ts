// A shop that counts an order at once, asks the supplier, and takes the order back when the supplier refuses.
import { acts, cocoon, payload, shawn } from "@good-place/shawn";

interface Shop {
  stock: Record<string, number>;
  orders: string[];
}
const act = acts<Shop>();

async function supplier(item: string): Promise<void> {
  if (item === "cactus") throw new Error("no cactus before spring");
}

const order = act("order", payload<string>()).does({
  update(shop, item) {
    const left = shop.stock[item] ?? 0;
    if (left === 0) throw new RangeError(`no ${item} left`);
    shop.stock[item] = left - 1;
    shop.orders.push(item);
  },
  // The order counts from now on, and for good when this has ended well.
  watch: (_shop, item) => cocoon(() => supplier(item), { optimistic: true }),
  // What talks to the outside waits until that is certain.
  effect: (_shop, item, cx) => cx.log("shipped:", item),
});

const shop = shawn<Shop>(
  { stock: { cactus: 1, fern: 1 }, orders: [] },
  { acts: [order], onError: ({ error }) => console.log("refused:", (error as Error).message) },
);
shop.confirm(order("cactus"), order("fern"));
console.log("at once:", shop.envelope.orders, "certain:", shop.durable.envelope.orders);
await shop.admit();
console.log("in the end:", shop.envelope.orders, JSON.stringify(shop.envelope.stock));
await shop.dismiss();
