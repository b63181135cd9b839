/**
 * Chidi: small answers over 16 connections that stay open, beside bare node:http. Client and server share the process, so
 * that the client's cost, the same for both, hides a part of the difference.
 */
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { chidi, json, router } from "@good-place/chidi";
import type { Case, Runner } from "./harness.js";

const CONNECTIONS = 16;
const REQUEST = "GET /tasks/42 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

export async function cases(): Promise<Case[]> {
  const server = await chidi({
    port: 0,
    handler: router({ "GET /tasks/:id": ({ params }) => json({ id: params.id }) }),
  });
  const bare = createServer((_request, response) => {
    const body = JSON.stringify({ id: "42" });
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
  return [
    {
      bench: "chidi",
      case: `JSON with a param, ${CONNECTIONS} connections`,
      unit: "us/op",
      ops: 4000,
      ours: await requests((server.address as AddressInfo).port),
      peers: { "node:http": await requests((bare.address() as AddressInfo).port) },
    },
  ];
}

// One request at a time on each connection; the answers are told apart by their blank line and length, not parsed.
async function requests(port: number): Promise<Runner> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => opened(port)));
  return (ops) => {
    let left = ops;
    return Promise.all(
      sockets.map(async (socket) => {
        while (left-- > 0) {
          const answered = new Promise<void>((resolve) => socket.once("data", () => resolve()));
          socket.write(REQUEST);
          await answered;
        }
      }),
    );
  };
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}
