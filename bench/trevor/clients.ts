/**
 * A process of clients, so that their cost is not the server's: `port protocol sockets` open so many. Told to echo, it
 * keeps eight messages on their way on each until all have come back; told to expect, it says when so many have come.
 */
import { WebSocket } from "ws";

export type Order = { readonly echo: number; readonly bytes: number } | { readonly expect: number };

const WINDOW = 8;
const [port = "", protocol = "", count = ""] = process.argv.slice(2);
const io = protocol === "socket.io";
const path = io ? "/socket.io/?EIO=4&transport=websocket" : "/";
let seen = 0;
let onMessage = (_socket: WebSocket): void => void seen++;
const sockets: WebSocket[] = [];
// A few at once: as many as a server's backlog takes.
while (sockets.length < Number(count)) {
  const some = Math.min(100, Number(count) - sockets.length);
  sockets.push(...(await Promise.all(Array.from({ length: some }, opened))));
}
process.on("message", (order: Order) => {
  if ("expect" in order) return finish(order.expect, () => {});
  const text = "x".repeat(order.bytes);
  const message = io ? `42["m","${text}"]` : text;
  let left = order.echo;
  const send = (socket: WebSocket): void => {
    if (left-- > 0) socket.send(message);
  };
  finish(order.echo, send);
  for (let i = 0; i < WINDOW; i++) sockets.forEach(send);
});
process.once("disconnect", () => process.exit());
process.send?.("ready");

// What comes of a broadcast may be here before the order to wait for it.
function finish(expected: number, answer: (socket: WebSocket) => void): void {
  const check = (): void => {
    if (seen < expected) return;
    seen -= expected;
    onMessage = () => void seen++;
    process.send?.("done");
  };
  onMessage = (socket) => {
    seen++;
    answer(socket);
    check();
  };
  check();
}

function opened(): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
    socket.on("error", reject);
    if (!io) socket.once("open", () => resolve(socket));
    socket.on("message", (data: Buffer) => {
      if (!io || data[1] === 0x32) return onMessage(socket);
      // The lower layer opens, the upper one is asked for and opens; and the server wants to know who is there.
      if (data[0] === 0x30) socket.send("40");
      else if (data[0] === 0x32) socket.send("3");
      else resolve(socket);
    });
  });
}
