// Cocoons that end, and nobody who admits them; prints how many of their payloads are still held.
import { acts, cocoon, payload, shawn } from "@good-place/shawn";

const work = acts()("work", payload()).does({ watch: (_store, { n }) => cocoon(() => n) });
const store = shawn({}, { acts: [work] });
const payloads = [];
for (let n = 0; n < 200; n++) {
  const made = { n };
  payloads.push(new WeakRef(made));
  store.confirm(work(made));
}
while (store.living.length > 0) await new Promise((resolve) => setTimeout(resolve));
await new Promise((resolve) => setTimeout(resolve));
globalThis.gc();
const held = payloads.filter((payload) => payload.deref() !== undefined).length;
const [, ...products] = await store.admit();
console.log(JSON.stringify({ made: payloads.length, held, products: products.filter((n, at) => n === at).length }));
