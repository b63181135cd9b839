/**
 * The TLS options of a server: who it is for each host name, and whom it asks to show who they are.
 * Invariant: a set of options is read and tried as a whole before any of it counts.
 */
import { constants } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";

/** PEM text, its bytes, or the file that has it. A file is read at the start and at each reload. */
export type Pem = string | Uint8Array | { readonly file: string };

/** What a server is to those who call it by one name. */
export interface HostTls {
  /** The certificate, with those between it and the root behind it. */
  readonly cert: Pem;
  readonly key: Pem;
  readonly passphrase?: string | undefined;
  /** Who may have signed the clients' certificates. Needed to ask for them. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /**
   * `required`: who shows no certificate of `ca` is refused. `optional`: `request.clientCertificate` says who did.
   * `none` by default. Where one host asks, the handshakes of the others ask as well, and insist on nothing.
   */
  readonly clientAuth?: "none" | "optional" | "required" | undefined;
}

/** What a server is to everybody else, and what holds for all of its handshakes. */
export interface TlsOptions extends HostTls {
  /** TLSv1.2 by default, and at least. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** OpenSSL's list of ciphers; node's own by default. */
  readonly ciphers?: string | undefined;
}

/** What `reload` takes: the same two options as `chidi`. */
export interface Certificates {
  readonly tls: TlsOptions;
  /** Host names, `a.example` or `*.b.example` (one label), to what the server is there. Any other name gets `tls`. */
  readonly sni?: Readonly<Record<string, HostTls>> | undefined;
}

/** One host, ready for handshakes. */
export interface Host {
  /** As it stands in `sni`; empty for `tls` itself. */
  readonly name: string;
  readonly context: SecureContext;
  readonly clientAuth: "none" | "optional" | "required";
}

/** All hosts, ready for handshakes. */
export interface HostTable {
  readonly named: ReadonlyMap<string, Host>;
  readonly others: Host;
  /** What the context of `others` is made of, for node's server. */
  readonly options: SecureContextOptions;
  /** True when any host asks its clients for certificates. */
  readonly asks: boolean;
}

const hostOptions = ["cert", "key", "passphrase", "ca", "clientAuth"];
const namePattern = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Reads and checks the options. Throws UNKNOWN_OPTION, BAD_OPTION or BAD_CERTIFICATE. */
export function hostTable({ tls, sni = {} }: Certificates): HostTable {
  checkHost("tls", tls, [...hostOptions, "minVersion", "ciphers"]);
  if (typeof sni !== "object" || sni === null || Array.isArray(sni))
    throw bad("sni", "host names to certificates", sni);
  for (const [name, host] of Object.entries(sni)) {
    if (!namePattern.test(name)) throw bad("sni", 'names like "a.example" or "*.b.example", in lower case', name);
    checkHost(`sni["${name}"]`, host, hostOptions);
  }
  const { minVersion = "TLSv1.2", ciphers } = tls;
  if (minVersion !== "TLSv1.2" && minVersion !== "TLSv1.3")
    throw bad("tls.minVersion", "TLSv1.2 or TLSv1.3", minVersion);
  if (ciphers !== undefined && typeof ciphers !== "string") throw bad("tls.ciphers", "a string", ciphers);
  const asks = [tls, ...Object.values(sni)].some(({ clientAuth = "none" }) => clientAuth !== "none");
  // A resumed session says nothing of the certificate authority that the client was checked against: it would let a
  // client of one host into another. So where certificates of clients count, each connection has its own handshake.
  const common = { minVersion, ciphers, secureOptions: asks ? constants.SSL_OP_NO_TICKET : undefined };
  const options = { ...common, ...contextOptions("tls", tls) };
  return {
    named: new Map(
      Object.entries(sni).map(([name, host]) => {
        const at = `sni["${name}"]`;
        return [name, ready(name, at, host, { ...common, ...contextOptions(at, host) })];
      }),
    ),
    others: ready("", "tls", tls, options),
    options,
    asks,
  };
}

function checkHost(at: string, host: HostTls, names: string[]): void {
  if (typeof host !== "object" || host === null) throw bad(at, "{ cert, key }", host);
  checkOptions(`chidi() option ${at}`, host, names);
  const { cert, key, ca, passphrase, clientAuth = "none" } = host;
  const pem = "PEM text, its bytes or { file }";
  if (!isPem(cert)) throw bad(`${at}.cert`, pem, cert);
  if (!isPem(key)) throw bad(`${at}.key`, pem, typeof key);
  if (ca !== undefined && (ca === "" || !listOf(ca).every(isPem))) throw bad(`${at}.ca`, pem, ca);
  if (passphrase !== undefined && typeof passphrase !== "string") {
    throw bad(`${at}.passphrase`, "a string", typeof passphrase);
  }
  if (!["none", "optional", "required"].includes(clientAuth)) {
    throw bad(`${at}.clientAuth`, '"none", "optional" or "required"', clientAuth);
  }
  if (clientAuth !== "none" && ca === undefined) throw bad(`${at}.ca`, "given where clients are asked", ca);
}

function isPem(value: unknown): value is Pem {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length > 0;
  return typeof value === "object" && value !== null && typeof (value as { file?: unknown }).file === "string";
}

function listOf(ca: Pem | readonly Pem[]): readonly Pem[] {
  return Array.isArray(ca) ? (ca as readonly Pem[]) : [ca as Pem];
}

function contextOptions(at: string, { cert, key, ca, passphrase }: HostTls): SecureContextOptions {
  return {
    cert: read(at, cert),
    key: read(at, key),
    passphrase,
    ca: ca === undefined ? undefined : listOf(ca).map((pem) => read(at, pem)),
  };
}

function read(at: string, pem: Pem): Buffer {
  if (typeof pem === "string") return Buffer.from(pem);
  if (pem instanceof Uint8Array) return Buffer.from(pem);
  try {
    return readFileSync(pem.file);
  } catch (cause) {
    throw unusable(at, cause);
  }
}

function ready(name: string, at: string, { clientAuth = "none" }: HostTls, options: SecureContextOptions): Host {
  try {
    return { name, context: createSecureContext(options), clientAuth };
  } catch (cause) {
    throw unusable(at, cause);
  }
}

function unusable(at: string, cause: unknown): TypeError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const text = `chidi() option ${at} has no usable certificate and key (${code ?? message}): check the files and that both belong together`;
  return Object.assign(misuse("type", "BAD_CERTIFICATE", text), { cause });
}

function bad(option: string, expected: string, got: unknown): TypeError {
  return misuse("type", "BAD_OPTION", `chidi() option ${option} must be ${expected}, got ${describe(got)}`);
}
