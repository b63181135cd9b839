/**
 * The servers that are compared: each echoes what it gets, and sends to everybody. Started when first asked for.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import websocket from "@fastify/websocket";
import { chidi } from "@good-place/chidi";
import { trevor } from "@good-place/trevor";
import fastify from "fastify";
import { Server } from "socket.io";
import { type WebSocket, WebSocketServer } from "ws";

export interface Place {
  readonly port: number;
  /** What is said over the bare socket. */
  readonly protocol: "plain" | "socket.io";
  broadcast(message: string): void;
}

const host = "127.0.0.1";

export async function ours(): Promise<Place> {
  const live = trevor({
    path: "/",
    connect: (socket) => socket.join("all"),
    read: (socket, message) => socket.write(message),
  });
  const server = await chidi({ port: 0, handler: () => "", sockets: [live] });
  const { port } = server.address as AddressInfo;
  return { port, protocol: "plain", broadcast: (message) => void live.broadcast("all", message) };
}

export async function bare(): Promise<Place> {
  const server = new WebSocketServer({ port: 0, host, perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  await new Promise((resolve) => server.once("listening", resolve));
  return { port: (server.address() as AddressInfo).port, protocol: "plain", broadcast: toAll(server.clients) };
}

export async function fastifyWebsocket(): Promise<Place> {
  const app = fastify();
  await app.register(websocket);
  app.get("/", { websocket: true }, (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  await app.listen({ port: 0, host });
  const { port } = app.server.address() as AddressInfo;
  return { port, protocol: "plain", broadcast: toAll(app.websocketServer.clients) };
}

export async function socketIo(): Promise<Place> {
  const server = createServer();
  const io = new Server(server, { transports: ["websocket"], serveClient: false });
  io.on("connection", (socket) => socket.on("m", (message) => socket.emit("m", message)));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, protocol: "socket.io", broadcast: (message) => void io.emit("m", message) };
}

function toAll(sockets: Set<WebSocket>): (message: string) => void {
  return (message) => {
    for (const socket of sockets) socket.send(message);
  };
}
