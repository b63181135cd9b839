/**
 * A server in a process of its own, to be stopped, killed and started again: `till.ts port key psk peer file` writes the key
 * of each payment that it makes to the file, and prints the port when it listens.
 */
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Call, hemple } from "@good-place/hemple";
import { till } from "./till-contract.js";

const [port = "", key = "", psk = "", peer = "", file = ""] = process.argv.slice(2);
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const handlers = {
  async pay(amount: number, call: Call) {
    await setTimeout(amount % 10);
    appendFileSync(file, `${call.key}\n`);
    return call.key ?? "";
  },
  async *log(end: number, { after = -1 }: { after: string | number | undefined }) {
    for (let i = Number(after) + 1; i < end; i++) {
      if (i % 50 === 0) await setTimeout(1);
      yield i;
    }
  },
};
const options = { port: Number(port), key: bytes(key), psk: bytes(psk), peers: [{ key: bytes(peer) }] };
const server = await hemple(till, handlers, options);
console.log(server.address.port);
process.once("disconnect", () => process.exit());
