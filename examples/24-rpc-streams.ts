// Streams over RPC: a reader that is slow holds its writer back, a feed is answered once, and the server calls its client.

import { CLOSED, sleep } from "@good-place/channel";
import { answers, contract, dial, generateKeys, hemple, method } from "@good-place/hemple";
import * as z from "zod";

const kitchen = contract({
  plates: method({ input: z.number(), stream: z.string() }),
  taste: method({ feed: z.string(), output: z.number() }),
  order: method({ input: z.string(), output: z.string() }),
});
const table = contract({ serve: method({ input: z.string(), output: z.string() }) });

const [server, guest] = [generateKeys(), generateKeys()];
const psk = crypto.getRandomValues(new Uint8Array(32));
let cooked = 0;

const running = await hemple(
  kitchen,
  {
    async *plates(count) {
      for (; cooked < count; cooked++) yield `plate ${cooked} ${"of clam chowder".padEnd(1000, ".")}`;
    },
    *taste(_, { feed }) {
      let spoons = 0;
      while ((yield* feed.take()) !== CLOSED) spoons += 1;
      return spoons;
    },
    *order(dish, { peer }) {
      return yield* peer.tell(table).serve(dish);
    },
  },
  { port: 0, key: server.privateKey, psk, peers: [{ key: guest.publicKey }] },
);

const tell = await dial(kitchen, {
  port: running.address.port,
  key: guest.privateKey,
  psk,
  serverKey: server.publicKey,
  creditBytes: 10_000,
  answers: answers(table, { serve: (dish) => `${dish}, thank you` }),
});

let eaten = 0;
for await (const _ of tell.plates(1000)) {
  eaten += 1;
  if (eaten === 5) await sleep(50);
  if (eaten === 6) console.log(`six plates are eaten, and at most ${cooked < 30 ? 30 : 1000} are cooked`);
  if (eaten === 20) break;
}
console.log(await tell.taste(undefined, ["soup", "stew", "soup"]), "spoons were tasted");
console.log(await tell.order("one roast"));

await tell[Symbol.asyncDispose]();
await running.drain({ deadlineMs: 1000 });
