// Two peers with keys, no certificates: the server knows its callers by their public keys, and answers out of order.

import { sleep } from "@good-place/channel";
import { contract, dial, generateKeys, hemple, method } from "@good-place/hemple";
import * as z from "zod";

const kitchen = contract({
  cook: method({
    input: z.object({ dish: z.string(), ms: z.number().max(1000) }),
    output: z.string(),
    allowed: ["guest"],
  }),
});

const [server, guest, stranger] = [generateKeys(), generateKeys(), generateKeys()];
const psk = crypto.getRandomValues(new Uint8Array(32));

const handlers = {
  *cook({ dish, ms }: { dish: string; ms: number }) {
    yield* sleep(ms);
    return `one ${dish}`;
  },
};
const peers = [{ key: guest.publicKey, roles: ["guest"] }];
const running = await hemple(kitchen, handlers, { port: 0, key: server.privateKey, psk, peers });
const { port } = running.address;

const tell = await dial(kitchen, { port, key: guest.privateKey, psk, serverKey: server.publicKey });
const [soup, toast] = [tell.cook({ dish: "soup", ms: 40 }), tell.cook({ dish: "toast", ms: 1 })];
console.log(await toast, "came before", await soup);
await tell.cook({ dish: "roast", ms: 2000 }).then(undefined, (error) => console.log(error.code, error.message));
await tell.cook({ dish: "stew", ms: 1000 }, { deadlineMs: 20 }).then(undefined, (error) => console.log(error.code));
await dial(kitchen, { port, key: stranger.privateKey, psk }).then(undefined, (error) => console.log(error.code));

await tell[Symbol.asyncDispose]();
await running.drain({ deadlineMs: 1000 });
