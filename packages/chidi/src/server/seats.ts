/**
 * How many connections a server holds, and how many of one address. A connection without an address (of a unix socket)
 * counts for the whole only.
 */
import type { Socket } from "node:net";

export interface SeatLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

export class Seats {
  readonly #limits: SeatLimits;
  readonly #perAddress = new Map<string, number>();
  #taken = 0;
  // One for all sockets.
  readonly #left = (): void => {
    this.#taken--;
  };

  constructor(limits: SeatLimits) {
    this.#limits = limits;
  }

  /** Takes a place until the socket closes; false where there is none. */
  take(socket: Socket): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#taken >= maxConnections) return false;
    if (maxConnectionsPerAddress !== Number.POSITIVE_INFINITY && !this.#takeOf(socket)) return false;
    this.#taken++;
    socket.on("close", this.#left);
    return true;
  }

  #takeOf(socket: Socket): boolean {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return true;
    const taken = this.#perAddress.get(remoteAddress) ?? 0;
    if (taken >= this.#limits.maxConnectionsPerAddress) return false;
    this.#perAddress.set(remoteAddress, taken + 1);
    socket.once("close", () => {
      const left = (this.#perAddress.get(remoteAddress) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(remoteAddress);
      else this.#perAddress.set(remoteAddress, left);
    });
    return true;
  }
}
