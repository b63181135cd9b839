// Changing secrets while the server runs: first both PSKs are taken, then the old one is taken away, with the lines that
// were made with it. A key that is struck off the list loses its line at once.

import { contract, dial, generateKeys, hemple, lineOf, method } from "@good-place/hemple";
import * as z from "zod";

const vault = contract({ count: method({ output: z.number() }) });
const [server, michael, vicky] = [generateKeys(), generateKeys(), generateKeys()];
const secret = () => crypto.getRandomValues(new Uint8Array(32));
const [old, young] = [secret(), secret()];
const peers = [{ key: michael.publicKey }, { key: vicky.publicKey }];

const running = await hemple(vault, { count: () => 802 }, { port: 0, key: server.privateKey, psk: old, peers });
const to = { port: running.address.port, serverKey: server.publicKey };
const before = await dial(vault, { ...to, key: michael.privateKey, psk: old });

running.update({ psk: [young, old] });
const after = await dial(vault, { ...to, key: michael.privateKey, psk: young });
console.log("during the change:", await before.count(), await after.count());

running.update({ psk: young });
console.log("the old line ended with", (await lineOf(before).closed).code);
await dial(vault, { ...to, key: michael.privateKey, psk: old }).then(undefined, (error) => console.log(error.code));

const demon = await dial(vault, { ...to, key: vicky.privateKey, psk: young });
running.update({ peers: peers.slice(0, 1) });
console.log("the struck-off key's line ended with", (await lineOf(demon).closed).code);
await dial(vault, { ...to, key: vicky.privateKey, psk: young }).then(undefined, (error) => console.log(error.code));
console.log("others go on:", await after.count());

await after[Symbol.asyncDispose]();
await running.drain({ deadlineMs: 1000 });
