/**
 * What a request must be to become a socket, checked before the 101: RFC 6455 section 4.2.1, and the origin. A stream of
 * HTTP/2 that asks for a WebSocket (RFC 8441) comes as such a request too.
 */
import type { IncomingMessage } from "node:http";
import type { Answer } from "@good-place/chidi";
import type { TrevorSettings } from "./options.js";

// Sixteen bytes in base64.
const keyPattern = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

/** What a request is told that cannot become a socket; null for one that can. */
export function checkHandshake(message: IncomingMessage, settings: TrevorSettings): Answer | null {
  const { headers } = message;
  if (message.method !== "GET") return { status: 405, headers: { allow: "GET" }, body: "Method Not Allowed" };
  if (message.httpVersion === "1.0") return { status: 400, body: "WebSocket needs HTTP/1.1" };
  if (headers["sec-websocket-version"] !== "13") {
    return {
      status: 426,
      headers: { upgrade: "websocket", "sec-websocket-version": "13" },
      body: "WebSocket version 13 is needed",
    };
  }
  const key = headers["sec-websocket-key"];
  if (key === undefined || !keyPattern.test(key)) return { status: 400, body: "Sec-WebSocket-Key is missing or wrong" };
  const { origins } = settings;
  if (origins !== undefined && !origins.includes(headers.origin ?? null)) return { status: 403, body: "Forbidden" };
  return null;
}
