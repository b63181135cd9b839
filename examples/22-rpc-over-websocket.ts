// Encrypted calls through a web server: the same contract, behind a WebSocket beside the pages. A page does the same with
// `@good-place/hemple/client`, which imports nothing of Node.

import { chidi } from "@good-place/chidi";
import { contract, dial, fingerprint, generateKeys, hemple, lineOf, method } from "@good-place/hemple";
import { trevor } from "@good-place/trevor";
import { WebSocket } from "ws";
import * as z from "zod";

const library = contract({ find: method({ input: z.string(), output: z.array(z.string()) }) });
const books = ["What We Owe to Each Other", "Groundwork of the Metaphysics of Morals", "Utilitarianism"];
const handlers = { find: (word: string) => books.filter((book) => book.toLowerCase().includes(word)) };

const [server, guest] = [generateKeys(), generateKeys()];
const psk = crypto.getRandomValues(new Uint8Array(32));

// No port of its own: it serves what it is handed.
const rpc = await hemple(library, handlers, { key: server.privateKey, psk, peers: [{ key: guest.publicKey }] });
const web = await chidi({
  handler: () => "the library",
  port: 0,
  sockets: [trevor({ path: "/rpc", ...rpc.endpoint })],
});
const { port } = web.address as { port: number };

const url = `ws://127.0.0.1:${port}/rpc`;
const tell = await dial(library, { url, WebSocket, key: guest.privateKey, psk, serverKey: server.publicKey });
console.log("found:", ...(await tell.find("metaphysics")));
console.log("by the right server:", fingerprint(lineOf(tell).serverKey) === fingerprint(server.publicKey));

await tell[Symbol.asyncDispose]();
await rpc.drain({ deadlineMs: 1000 });
await web.drain({ deadlineMs: 1000 });
