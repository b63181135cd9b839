/**
 * Node's server of HTTP/2, which listens nowhere: it makes sessions of the sockets that it is given, and each session a
 * connection with a fiber.
 */
import { createServer, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Floor } from "../connection/answering.js";
import type { Settings } from "../settings.js";
import { StreamMessage, StreamResponse } from "./h2-adapters.js";
import { Http2Conn } from "./h2-connection.js";

/** Who keeps the connections. */
export interface Http2Keeper {
  floor(): Floor;
  opened(connection: Http2Conn): void;
  closed(connection: Http2Conn): void;
}

/** Answers what takes a socket whose client speaks HTTP/2. */
export function http2Server(settings: Settings, keeper: Http2Keeper): (socket: Socket) => void {
  const { maxStreams, maxHeaderBytes, maxHeaders } = settings;
  const connections = new WeakMap<ServerHttp2Session, Http2Conn>();
  const server = createServer({
    Http2ServerRequest: StreamMessage as never,
    Http2ServerResponse: StreamResponse as never,
    // Node resets the stream of a head past these. Up to here the client is told with a 431 instead.
    settings: {
      maxConcurrentStreams: maxStreams,
      maxHeaderListSize: maxHeaderBytes * 2,
      // A client that does not hear of it opens a connection of HTTP/1 for its sockets.
      enableConnectProtocol: settings.sockets !== undefined,
    },
    maxHeaderListPairs: maxHeaders * 2 + 4,
  });
  server.on("session", (session) => {
    // `session.socket` lets nobody near the socket itself.
    const socket = current as Socket;
    const connection = new Http2Conn(session, socket, keeper.floor());
    connections.set(session, connection);
    keeper.opened(connection);
    socket.once("close", () => keeper.closed(connection));
  });
  const request = (continues: boolean) => (message: unknown, response: unknown) => {
    const { session } = (message as StreamMessage).stream;
    const connection = session && connections.get(session as ServerHttp2Session);
    connection?.request(message as StreamMessage, response as StreamResponse, continues);
  };
  server.on("request", request(false)).on("connect", request(false));
  server.on("checkContinue", request(true)).on("checkExpectation", request(false));
  // Whose session node is making.
  let current: Socket | null = null;
  return (socket) => {
    if (keeper.floor().draining) {
      socket.destroy();
      return;
    }
    // Half a connection is enough for an answer of HTTP/1, and for nothing here.
    socket.allowHalfOpen = false;
    current = socket;
    server.emit("connection", socket);
    current = null;
  };
}
