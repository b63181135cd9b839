/**
 * Opening a connection: name, TCP or unix socket, TLS, each with its own time and its own error.
 * Invariant: the socket under way is told to `onSocket`, so that whoever gives up can destroy it.
 */
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import { ClientError } from "./client-error.js";

/** The TLS options of a client, as node:tls takes them. */
export interface ClientTls
  extends Pick<
    ConnectionOptions,
    "ca" | "cert" | "key" | "pfx" | "passphrase" | "rejectUnauthorized" | "minVersion" | "ciphers"
  > {
  /**
   * The server name that is sent (SNI) and that the certificate must be for; the host by default. False sends none, and the
   * certificate must be for the host.
   */
  readonly servername?: string | false | undefined;
}

export interface Connecting {
  readonly lookup: LookupFunction;
  readonly socketPath: string | undefined;
  readonly tls: ClientTls;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
}

/** How one lane of a pool connects. */
export function connectorOf(options: Connecting, onSocket: (socket: Socket) => void): buildConnector.connector {
  // The last session of this lane: a new connection to the same server need not do all of the handshake again.
  let session: Buffer | undefined;

  return ({ hostname, port, protocol }, callback) => {
    const secure = protocol === "https:";
    const { socketPath, lookup } = options;
    const where = socketPath ?? `${hostname}:${port || (secure ? 443 : 80)}`;
    const tcp = connect(
      socketPath === undefined
        ? { host: hostname, port: Number(port || (secure ? 443 : 80)), lookup, autoSelectFamily: true, noDelay: true }
        : { path: socketPath },
    );
    onSocket(tcp);
    tcp.setKeepAlive(true, 60_000);
    stage(tcp, "connect", options.connectTimeoutMs, (fault) => {
      if (fault !== null) return callback(connectFault(where, fault, options), null);
      if (!secure) return callback(null, tcp);
      const { servername = isIP(hostname) ? false : hostname, ...given } = options.tls;
      const socket = connectTls({
        ...given,
        socket: tcp,
        host: hostname,
        ...(servername === false ? {} : { servername }),
        ...(session === undefined ? {} : { session }),
        ALPNProtocols: ["http/1.1"],
      });
      onSocket(socket);
      socket.on("session", (next) => {
        session = next;
      });
      stage(socket, "secureConnect", options.tlsTimeoutMs, (failed) => {
        if (failed === null) callback(null, socket);
        else callback(tlsFault(where, failed, options), null);
      });
    });
  };
}

/** The stage took too long. */
class Late extends Error {}

// Calls back once: with null at the event, or with what went wrong; the socket is then destroyed.
function stage(socket: Socket, event: string, ms: number, end: (fault: NodeJS.ErrnoException | null) => void): void {
  const timer = Number.isFinite(ms) ? setTimeout(() => socket.destroy(new Late()), ms) : undefined;
  const over = (fault: NodeJS.ErrnoException | null): void => {
    clearTimeout(timer);
    socket.off(event, done).off("error", over).off("close", closed);
    // A destroyed socket may still have an error to tell.
    if (fault !== null) socket.on("error", () => {});
    end(fault);
  };
  const done = (): void => over(null);
  const closed = (): void => over(new Error("the connection was given up"));
  socket.once(event, done).once("error", over).once("close", closed);
}

function connectFault(where: string, cause: NodeJS.ErrnoException, { connectTimeoutMs }: Connecting): ClientError {
  if (cause instanceof ClientError) return cause;
  if (cause instanceof Late) {
    const text = `no connection to ${where} within ${connectTimeoutMs} ms (connectTimeoutMs)`;
    return new ClientError("CONNECT_TIMEOUT", text, { phase: "connect", retryable: true });
  }
  const text = `cannot connect to ${where}: ${cause.code ?? cause.message}`;
  return new ClientError("CONNECT_FAILED", text, { phase: "connect", retryable: true, cause });
}

function tlsFault(where: string, cause: NodeJS.ErrnoException, { tlsTimeoutMs }: Connecting): ClientError {
  if (cause instanceof Late) {
    const text = `${where} did not finish the TLS handshake within ${tlsTimeoutMs} ms (tlsTimeoutMs)`;
    return new ClientError("TLS_TIMEOUT", text, { phase: "tls", retryable: true });
  }
  // A broken connection may mend; a certificate that is not trusted will not be by asking again.
  const retryable = cause.code === "ECONNRESET" || cause.code === "EPIPE";
  const text = `the TLS handshake with ${where} failed: ${cause.code ?? cause.message}`;
  return new ClientError("TLS_FAILED", text, { phase: "tls", retryable, cause });
}
