/**
 * Where a server listens, in one shape for ports and for unix sockets.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Where a server listens. */
export type Address =
  | { readonly address: string; readonly port: number; readonly family: string }
  | { readonly path: string };

/** The address of a server that listens. */
export function addressOf(http: Server): Address {
  const address = http.address() as AddressInfo | string;
  if (typeof address === "string") return Object.freeze({ path: address });
  return Object.freeze({ address: address.address, port: address.port, family: address.family });
}
