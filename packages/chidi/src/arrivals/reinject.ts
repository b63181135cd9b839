/**
 * Requests with an `Upgrade` that this server does not know. HTTP lets a server ignore the header; node, once it is asked
 * for upgrades, hands all of them over with their connection. So the head goes back on the wire without the offer, and
 * the connection back to the server, which reads body and following requests as usual.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** True where the offer is WebSocket and nothing else. */
export function wantsWebSocket(message: IncomingMessage): boolean {
  return message.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** Puts the request back on its connection as one that asks for no upgrade. */
export function reinject(
  message: IncomingMessage,
  socket: Socket,
  head: Buffer,
  parse: (socket: Socket) => void,
): void {
  const { rawHeaders, method, url, httpVersion } = message;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "upgrade" || lower === "http2-settings") continue;
    const kept = lower === "connection" ? withoutUpgrade(value) : value;
    if (kept !== "") text += `${name}: ${kept}\r\n`;
  }
  // Node does not know any more that it waits for a next request: its timer would cut the handler of this one off.
  socket.setTimeout(0);
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
  parse(socket);
}

function withoutUpgrade(connection: string): string {
  return connection
    .split(",")
    .map((token) => token.trim())
    .filter((token) => !["upgrade", "http2-settings", ""].includes(token.toLowerCase()))
    .join(", ");
}
