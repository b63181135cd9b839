/** Bare WebSockets and MessagePack, by hand: no encryption, no deadlines, no backpressure. */
import { Packr } from "msgpackr";
import { WebSocket, WebSocketServer } from "ws";
import { type Ends, host, Note, noteOf } from "./ends.js";

const packr = new Packr({ useRecords: false });

interface Message {
  readonly id: number;
  readonly input?: unknown;
  readonly count?: number;
  readonly last?: boolean;
}

export async function bare(): Promise<Ends> {
  const server = new WebSocketServer({ port: 0, host, perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", (data: Buffer) => answer(socket, packr.unpack(data))));
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `ws://${host}:${(server.address() as { port: number }).port}`;
  const socket = await opened(url);
  const waiting = new Map<number, (message: Message) => void>();
  socket.on("message", (data: Buffer) => {
    const message = packr.unpack(data) as Message;
    waiting.get(message.id)?.(message);
  });
  let lastId = 0;
  return {
    echo: (note) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, ({ input }) => {
          waiting.delete(id);
          resolve(input);
        });
        socket.send(packr.pack({ id, input: note }));
      }),
    stream: (count) =>
      new Promise((resolve) => {
        const id = ++lastId;
        let come = 0;
        waiting.set(id, ({ last }) => {
          if (last !== true) come += 1;
          else resolve(come);
        });
        socket.send(packr.pack({ id, count }));
      }),
    connect: async () => (await opened(url)).close(),
  };
}

function answer(socket: WebSocket, { id, input, count }: Message): void {
  if (count === undefined) return socket.send(packr.pack({ id, input: Note.parse(Note.parse(input)) }));
  const item = noteOf(80);
  for (let i = 0; i < count; i++) socket.send(packr.pack({ id, input: Note.parse(item) }));
  socket.send(packr.pack({ id, last: true }));
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve) => socket.once("open", resolve));
  return socket;
}
