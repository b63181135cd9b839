// A page that calls a server, encrypted from end to end without a certificate: `npx tsx examples/29-rpc-page/server.ts`, then open
// the address that it prints, all of it.
import { chidi, html, router } from "@good-place/chidi";
import { generateKeys, hemple } from "@good-place/hemple";
import { trevor } from "@good-place/trevor";
import { build, type Rolldown } from "vite";
import { library } from "./library.js";

const books = ["What We Owe to Each Other", "Groundwork of the Metaphysics of Morals", "Utilitarianism"];
const find = (word: string): string[] => books.filter((book) => book.toLowerCase().includes(word.toLowerCase()));

const [own, page] = [generateKeys(), generateKeys()];
const psk = crypto.getRandomValues(new Uint8Array(32));
const rpc = await hemple(library, { find }, { key: own.privateKey, psk, peers: [{ key: page.publicKey }] });

const { output } = (await build({
  configFile: false,
  logLevel: "silent",
  root: import.meta.dirname,
  build: { write: false, target: "esnext" },
})) as Rolldown.RolldownOutput;
const files = new Map(output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]));

const web = await chidi({
  port: Number(process.env.PORT ?? 0),
  sockets: [trevor({ path: "/rpc", ...rpc.endpoint })],
  handler: router({
    "GET /": () => html(String(files.get("/index.html"))),
    "GET /assets/*": ({ path }) => {
      const body = files.get(path);
      return body === undefined ? { status: 404 } : { headers: { "content-type": "text/javascript" }, body };
    },
  }),
});
const { port } = web.address as { port: number };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
console.log(`http://127.0.0.1:${port}/#${[page.privateKey, psk, own.publicKey].map(hex).join(".")}`);

process.once("SIGINT", stop).once("SIGTERM", stop);
async function stop(): Promise<void> {
  await rpc.drain({ deadlineMs: 1000 });
  await web.drain({ deadlineMs: 1000 });
}
