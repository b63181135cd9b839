/**
 * Trevor: messages of 64 bytes echoed over 16 sockets, 8 on their way on each, beside bare `ws`. Client and server share
 * the process, so that the client's cost, the same for both, hides a part of the difference.
 */
import type { AddressInfo } from "node:net";
import { chidi } from "@good-place/chidi";
import { trevor } from "@good-place/trevor";
import { WebSocket, WebSocketServer } from "ws";
import type { Case, Runner } from "./harness.js";

const SOCKETS = 16;
const WINDOW = 8;
const MESSAGE = "x".repeat(64);

export async function cases(): Promise<Case[]> {
  const live = trevor({ path: "/", read: (socket, message) => socket.write(message) });
  const server = await chidi({ port: 0, handler: () => "", sockets: [live] });
  const bare = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  bare.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  await new Promise((resolve) => bare.once("listening", resolve));
  return [
    {
      bench: "trevor",
      case: `echo of 64 bytes, ${SOCKETS} sockets`,
      unit: "us/op",
      ops: 16_000,
      ours: await echoes((server.address as AddressInfo).port),
      peers: { ws: await echoes((bare.address() as AddressInfo).port) },
    },
  ];
}

async function echoes(port: number): Promise<Runner> {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => opened(port)));
  return async (ops) => {
    let left = ops;
    let waiting = ops;
    await new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.removeAllListeners("message");
        socket.on("message", () => {
          if (--waiting === 0) resolve();
          if (left-- > 0) socket.send(MESSAGE);
        });
        for (let i = 0; i < WINDOW; i++) if (left-- > 0) socket.send(MESSAGE);
      }
    });
  };
}

function opened(port: number): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}
