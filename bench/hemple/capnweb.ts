/** Cap'n Web over a WebSocket. */
import { newWebSocketRpcSession, RpcTarget } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";
import { counted, type Ends, host, Note, notes } from "./ends.js";

// The library asks for the browser's.
(globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket;

class Bench extends RpcTarget {
  echo(note: Note): Note {
    return Note.parse(Note.parse(note));
  }

  stream(count: number): ReadableStream<Note> {
    return new ReadableStream<Note>(source(count));
  }
}

function source(count: number): UnderlyingDefaultSource<Note> {
  const items = notes(count);
  return {
    async pull(controller) {
      const { done, value } = await items.next();
      if (done) controller.close();
      else controller.enqueue(Note.parse(value));
    },
  };
}

export async function capnweb(): Promise<Ends> {
  const server = new WebSocketServer({ port: 0, host, perMessageDeflate: false });
  server.on("connection", (socket) => newWebSocketRpcSession(socket as never, new Bench()));
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `ws://${host}:${(server.address() as { port: number }).port}`;
  const opened = async (): Promise<WebSocket> => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise((resolve) => socket.once("open", resolve));
    return socket;
  };
  const stub = newWebSocketRpcSession<Bench>((await opened()) as never);
  return {
    echo: (note) => stub.echo(note) as unknown as Promise<unknown>,
    stream: async (count) => await counted((await stub.stream(count)) as never),
    connect: async () => (await opened()).close(),
  };
}
