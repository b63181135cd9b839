/**
 * How connections come in: by a port, a unix socket or a descriptor, plain or after a TLS handshake, and which protocol
 * each one speaks. HTTP/2 is chosen by ALPN, and on a plain server by the preface that a client sends first.
 * Invariant: a connection is told of once, when its protocol is known; until then only this file knows of it.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Server as SecureServer, TLSSocket } from "node:tls";
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { ChidiError, listenError } from "../errors.js";
import type { Settings } from "../settings.js";
import { type Address, addressOf } from "./address.js";
import { Hosts } from "./hosts.js";
import { reinject } from "./reinject.js";
import { type Certificates, hostTable } from "./tls.js";
import { listenAt } from "./unix-socket.js";

/** Who is told of what comes in. */
export interface Arrivals {
  /** A connection that was accepted; false where there is no place for it. */
  seat(socket: Socket): boolean;
  /** A connection of HTTP/1, before anything of it is read. */
  http1(socket: Socket): void;
  http2(socket: Socket): void;
  /** A handshake that failed. The socket is destroyed already. */
  failed(error: ChidiError, socket: Socket): void;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export class Transport {
  /** Node's server of HTTP/1, which listens for all. */
  readonly http: Server;
  readonly hosts: Hosts | null;
  readonly #settings: Settings;
  readonly #arrivals: Arrivals;
  // Hands a connection to node's parser of HTTP/1.
  readonly #parse: (socket: Socket) => void;
  // Connections whose protocol is not known yet. Of TLS they are node's raw sockets, by their peer.
  readonly #early = new Map<unknown, Socket>();
  #closed = false;
  #forget: () => void = () => {};

  constructor(settings: Settings, arrivals: Arrivals) {
    const { tls, sni, http2 = tls !== undefined } = settings;
    this.#settings = settings;
    this.#arrivals = arrivals;
    this.hosts = tls === undefined ? null : new Hosts(hostTable({ tls, sni }));
    const options = httpOptions(settings);
    const event = this.hosts === null ? "connection" : "secureConnection";
    this.http =
      this.hosts === null
        ? createServer(options)
        : createSecureServer({
            ...options,
            ...this.hosts.options(),
            handshakeTimeout: settings.handshakeTimeoutMs,
            ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
          });
    // Node would cut the list silently; the size limit bounds it, and the head is checked for its number.
    this.http.maxHeadersCount = 0;
    const [parse] = this.http.listeners(event) as [(this: Server, socket: Socket) => void];
    this.#parse = (socket) => parse.call(this.http, socket);
    if (this.hosts === null && !http2) {
      this.http.on("connection", (socket: Socket) => {
        if (arrivals.seat(socket)) arrivals.http1(socket);
        else socket.destroy();
      });
      return;
    }
    this.http.removeAllListeners(event);
    if (this.hosts === null) this.http.on("connection", (socket) => this.#sniff(socket));
    else this.#shakeHands(this.hosts);
  }

  /** Listens where the settings say; settles when it does, or fails with LISTEN_IN_USE, LISTEN_DENIED or LISTEN_FAILED. */
  async listen(): Promise<Address> {
    const { port, host = "127.0.0.1", path, fd, mode = 0o600 } = this.#settings;
    const where = path ?? (fd === undefined ? `${host}:${port}` : `file descriptor ${fd}`);
    try {
      if (path !== undefined) {
        const forget = await listenAt(this.http, path, mode, (first) => this.#listen({ path: first }));
        if (this.#closed) forget();
        else this.#forget = forget;
        return Object.freeze({ path });
      }
      await this.#listen(fd === undefined ? { port, host } : { fd });
      return addressOf(this.http);
    } catch (fault) {
      throw listenError(where, fault as NodeJS.ErrnoException);
    }
  }

  /** Stops listening and drops those whose protocol is not known yet; `done` when all connections have closed. */
  close(done: () => void = () => {}): void {
    this.#closed = true;
    // While the socket is still bound its file cannot be taken for another's.
    this.#forget();
    this.http.close(() => done());
    this.destroy();
  }

  /** Breaks handshakes off that have not ended. */
  destroy(): void {
    for (const socket of this.#early.values()) socket.destroy();
  }

  /** Takes new certificates. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_CERTIFICATE, and then nothing has changed. */
  reload(certificates: Certificates): void {
    if (this.hosts === null) {
      throw misuse("type", "BAD_OPTION", "reload() is for servers with TLS: start this one with tls");
    }
    checkOptions("reload()", certificates, ["tls", "sni"]);
    this.hosts.reload(this.http as unknown as SecureServer, certificates);
  }

  /** Puts a request back on its connection as one that asks for no upgrade. */
  reinject(message: IncomingMessage, socket: Socket, head: Buffer): void {
    reinject(message, socket, head, this.#parse);
  }

  #listen(options: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.http.once("error", reject);
      this.http.listen(options, () => {
        this.http.removeListener("error", reject);
        // Closing a server that was still looking its host up does not keep it from listening afterwards.
        if (this.#closed) this.http.close();
        resolve();
      });
    });
  }

  #http1(socket: Socket): void {
    this.#arrivals.http1(socket);
    if (!socket.destroyed) this.#parse(socket);
  }

  #shakeHands(hosts: Hosts): void {
    // Node's own begins the handshake, and would report one that failed where a connection has no place.
    const begin = this.http.listeners("connection") as ((this: Server, socket: Socket) => void)[];
    this.http.removeAllListeners("connection");
    this.http.on("connection", (socket: Socket) => {
      if (this.#closed || !this.#arrivals.seat(socket)) return void socket.destroy();
      for (const one of begin) one.call(this.http, socket);
      const peer = peerOf(socket);
      this.#early.set(peer, socket);
      socket.once("close", () => {
        if (this.#early.get(peer) === socket) this.#early.delete(peer);
      });
    });
    this.http.on("secureConnection", (socket: TLSSocket) => {
      this.#early.delete(peerOf(socket));
      // Whatever the socket suffers, its close says so; without a listener the error would end the process.
      socket.on("error", () => {});
      const refused = hosts.refuses(socket);
      if (refused !== null) this.#fail(refused, socket);
      else if (socket.alpnProtocol === "h2") this.#arrivals.http2(socket);
      else this.#http1(socket);
    });
    this.http.removeAllListeners("tlsClientError");
    this.http.on("tlsClientError", (cause: NodeJS.ErrnoException, socket: TLSSocket) => {
      this.#fail(handshakeError(cause, this.#settings), socket);
    });
  }

  #fail(error: ChidiError, socket: Socket): void {
    this.#arrivals.failed(error, socket);
    socket.destroy();
  }

  #sniff(socket: Socket): void {
    let seen = Buffer.alloc(0);
    const late = (): void => {
      settle();
      // As node says it of a head that it reads itself.
      this.#arrivals.http1(socket);
      this.http.emit("clientError", Object.assign(new Error("late"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
    };
    const timer = setTimeout(late, this.#settings.headersTimeoutMs);
    const read = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) seen = Buffer.concat([seen, chunk]);
      const prefix = preface.subarray(0, seen.length);
      const open = prefix.equals(seen.subarray(0, prefix.length));
      // A prefix of the preface is waited for, unless nothing more comes.
      if (open && seen.length < preface.length && !socket.readableEnded) return;
      settle();
      // Nothing more comes, and what came is no beginning of a request.
      if (socket.readableEnded) socket.destroy();
      if (socket.destroyed) return;
      socket.unshift(seen);
      if (open) this.#arrivals.http2(socket);
      else this.#http1(socket);
    };
    const settle = (): void => {
      clearTimeout(timer);
      socket.removeListener("readable", read).removeListener("end", read);
      socket.removeListener("close", settle).removeListener("error", nothing);
      this.#early.delete(socket);
    };
    if (this.#closed || !this.#arrivals.seat(socket)) return void socket.destroy();
    this.#early.set(socket, socket);
    socket.on("readable", read).on("end", read).on("close", settle).on("error", nothing);
  }
}

function nothing(): void {}

// Node tells nothing of a handshake's raw socket later on but whom it is connected to. Unix sockets have no names there,
// and only a field that node does not document leads from the one to the other.
function peerOf(socket: Socket & { readonly _parent?: Socket | null }): unknown {
  if (socket.remotePort === undefined) return socket._parent ?? socket;
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function httpOptions(settings: Settings): object {
  return {
    maxHeaderSize: settings.maxHeaderBytes,
    headersTimeout: settings.headersTimeoutMs,
    // A whole-request timer would cut long uploads; bodies have an idle timer instead.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(settings.headersTimeoutMs / 4)),
    keepAliveTimeout: settings.keepAliveMs,
    requireHostHeader: false,
    noDelay: true,
  };
}

function handshakeError(cause: NodeJS.ErrnoException, { handshakeTimeoutMs }: Settings): ChidiError {
  if (cause.code === "ERR_TLS_HANDSHAKE_TIMEOUT") {
    return new ChidiError(
      "TLS_TIMEOUT",
      `the TLS handshake did not end within ${handshakeTimeoutMs} ms (handshakeTimeoutMs)`,
      { cause },
    );
  }
  return new ChidiError("TLS_FAILED", `the TLS handshake failed (${cause.code ?? cause.message})`, { cause });
}
