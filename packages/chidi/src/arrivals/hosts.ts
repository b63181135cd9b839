/**
 * The hosts that a server is, as they are now: which one a handshake names, and whether a client may speak to it.
 * Invariants: a host that requires certificates is reached only by a connection whose handshake named that very host and
 * showed one; new certificates count for the handshakes that come, and touch no connection that is there.
 */
import type { TlsOptions as NodeTlsOptions, SecureContext, Server, TLSSocket } from "node:tls";
import { misuse } from "@good-place/channel/misuse";
import { ChidiError, refusal } from "../errors.js";
import { type Certificates, type Host, type HostTable, hostTable } from "./tls.js";

export class Hosts {
  #table: HostTable;

  constructor(table: HostTable) {
    this.#table = table;
  }

  /** What node's server needs to shake hands. */
  options(): NodeTlsOptions {
    return {
      ...this.#table.options,
      requestCert: this.#table.asks,
      // Whether a certificate is needed depends on the host, so it is looked at once the handshake has named one.
      rejectUnauthorized: false,
      SNICallback: (name: string, answer: (error: Error | null, context?: SecureContext) => void) =>
        answer(null, this.#find(name).context),
    };
  }

  /** Takes new certificates for the handshakes that come. Throws as `hostTable` does, and then nothing has changed. */
  reload(server: Server, certificates: Certificates): void {
    const table = hostTable(certificates);
    if (table.asks !== this.#table.asks) {
      throw misuse(
        "type",
        "BAD_OPTION",
        "reload() cannot change whether clients are asked for certificates at all: start another server for that",
      );
    }
    server.setSecureContext(table.options);
    this.#table = table;
  }

  /** Why the client may not stay after its handshake, or null. */
  refuses(socket: TLSSocket): ChidiError | null {
    const host = this.#hostOf(socket);
    if (host.clientAuth !== "required" || socket.authorized) return null;
    const { authorizationError: cause } = socket;
    return new ChidiError(
      "TLS_CLIENT_REFUSED",
      `the client showed no certificate that ${host.name === "" ? "this server" : host.name} trusts`,
      { cause },
    );
  }

  /** Throws 421 when a request names a host that wants certificates, on a connection that has shown none to that host. */
  check(authority: string, socket: TLSSocket): void {
    const asked = this.#find(authority.replace(/:\d*$/, ""));
    if (asked.clientAuth !== "required") return;
    if (this.#hostOf(socket).name === asked.name && socket.authorized) return;
    throw refusal(421, "MISDIRECTED", "the request is for a host that wants another certificate of this client");
  }

  #hostOf(socket: TLSSocket): Host {
    // The type of node forgets that a client may name no host.
    const { servername } = socket as { servername?: string | false | null };
    return servername ? this.#find(servername) : this.#table.others;
  }

  #find(name: string): Host {
    const { named, others } = this.#table;
    if (named.size === 0) return others;
    const lower = name.toLowerCase().replace(/\.$/, "");
    return named.get(lower) ?? named.get(`*${lower.slice(lower.indexOf("."))}`) ?? others;
  }
}
