/**
 * Hemple: small calls with encryption on loopback, one and 64 in flight, beside bare WebSocket and MessagePack without any.
 */
import { contract, dial, generateKeys, hemple, method } from "@good-place/hemple";
import { Packr } from "msgpackr";
import { WebSocket, WebSocketServer } from "ws";
import * as z from "zod/mini";
import type { Case, Runner } from "./harness.js";

const Note = z.strictObject({ project: z.string(), note: z.string(), at: z.number() });
const echo = contract({ echo: method({ input: Note, output: Note }) });
const note = { project: "acme/site", note: "fix the menu of the header", at: 1_700_000_000_000 };

export async function cases(): Promise<Case[]> {
  const call = await encrypted();
  const bare = await plain();
  return [1, 64].map((inFlight) => ({
    bench: "hemple",
    case: `call, ${inFlight} in flight`,
    unit: "op/s",
    ops: inFlight === 1 ? 500 : 6400,
    ours: calls(call, inFlight),
    peers: { "bare ws + msgpackr": calls(bare, inFlight) },
  }));
}

type Call = () => PromiseLike<unknown>;

function calls(call: Call, inFlight: number): Runner {
  return async (ops) => {
    let left = ops;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await call();
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
  };
}

async function encrypted(): Promise<Call> {
  const [server, client] = [generateKeys(), generateKeys()];
  const psk = crypto.getRandomValues(new Uint8Array(32));
  const peers = [{ key: client.publicKey }];
  const running = await hemple(echo, { echo: (input) => input }, { port: 0, key: server.privateKey, psk, peers });
  const tell = await dial(echo, { port: running.address.port, key: client.privateKey, psk });
  return () => tell.echo(note);
}

async function plain(): Promise<Call> {
  const packr = new Packr({ useRecords: false });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const { id, input } = packr.unpack(data) as { id: number; input: unknown };
      socket.send(packr.pack({ id, value: Note.parse(input) }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once("open", resolve));
  const waiting = new Map<number, (value: unknown) => void>();
  socket.on("message", (data: Buffer) => {
    const { id, value } = packr.unpack(data) as { id: number; value: unknown };
    waiting.get(id)?.(Note.parse(value));
    waiting.delete(id);
  });
  let lastId = 0;
  return () =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      socket.send(packr.pack({ id, input: note }));
    });
}
