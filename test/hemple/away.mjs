/**
 * A hemple server in a process or a thread of its own: says on its output where it is, or serves the port it was given.
 */
import { createInterface } from "node:readline";
import { isMainThread, workerData } from "node:worker_threads";
import { chidi } from "@good-place/chidi";
import { contract, hemple, method } from "@good-place/hemple";
import { trevor } from "@good-place/trevor";
import { z } from "zod";

const anything = method({ input: z.any(), output: z.any() });
const office = contract({ echo: anything, double: method({ input: z.number(), output: z.number() }) });
const handlers = { echo: (input) => input, double: (input) => 2 * input };
const kind = process.argv[2];

async function told() {
  for await (const line of createInterface({ input: process.stdin })) {
    return Object.fromEntries(Object.entries(JSON.parse(line)).map(([name, hex]) => [name, Buffer.from(hex, "hex")]));
  }
}

const { key, psk, guest, port } = isMainThread ? await told() : workerData;
const options = { key, psk, peers: [{ key: guest }] };

if (kind === "messages") (await hemple(office, handlers, options)).accept(port);
else if (kind === "url") {
  const server = await hemple(office, handlers, options);
  const web = await chidi({ handler: () => "", port: 0, sockets: [trevor({ path: "/rpc", ...server.endpoint })] });
  console.log(JSON.stringify({ url: `ws://127.0.0.1:${web.address.port}/rpc` }));
} else if (kind === "unix") {
  const server = await hemple(office, handlers, { ...options, path: process.argv[3] });
  console.log(JSON.stringify({ path: server.address.path }));
} else {
  const server = await hemple(office, handlers, { ...options, port: 0 });
  console.log(JSON.stringify({ port: server.address.port }));
}
