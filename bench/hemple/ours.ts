/** Hemple: encrypted, over TCP, a unix socket, or a WebSocket. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chidi } from "@good-place/chidi";
import { contract, type DialOptions, dial, generateKeys, type Handlers, hemple, method } from "@good-place/hemple";
import { trevor } from "@good-place/trevor";
import { WebSocket } from "ws";
import * as z from "zod/mini";
import { counted, type Ends, host, Note, notes } from "./ends.js";

const bench = contract({
  echo: method({ input: Note, output: Note, compress: "never" }),
  stream: method({ input: z.number(), stream: Note }),
});
const handlers: Handlers<typeof bench> = { echo: (note) => note, stream: (count) => notes(count) };
const [server, client] = [generateKeys(), generateKeys()];
const psk = crypto.getRandomValues(new Uint8Array(32));
const options = { key: server.privateKey, psk, peers: [{ key: client.publicKey }], maxConnectionsPerPeer: 4096 };

export async function tcp(): Promise<Ends> {
  const running = await hemple(bench, handlers, { ...options, host, port: 0 });
  return await ends({ port: running.address.port });
}

export async function unix(): Promise<Ends> {
  const path = join(tmpdir(), `bench-${process.pid}.sock`);
  await hemple(bench, handlers, { ...options, path });
  return await ends({ path });
}

export async function overWebSocket(): Promise<Ends> {
  const running = await hemple(bench, handlers, options);
  const socket = trevor({ path: "/rpc", ...running.endpoint });
  const web = await chidi({ port: 0, handler: () => "", sockets: [socket] });
  const { port } = web.address as { port: number };
  return await ends({ url: `ws://${host}:${port}/rpc`, WebSocket: WebSocket as never });
}

async function ends(place: Partial<DialOptions>): Promise<Ends> {
  const secrets = { key: client.privateKey, psk, serverKey: server.publicKey };
  const tell = await dial(bench, { ...place, ...secrets });
  return {
    echo: (note) => tell.echo(note),
    stream: (count) => counted(tell.stream(count)),
    async connect() {
      const other = await dial(bench, { ...place, ...secrets });
      await other[Symbol.asyncDispose]();
    },
  };
}
