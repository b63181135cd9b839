/**
 * How many connections a server holds, and how many of one address. A connection without an address (of a unix socket)
 * counts for the whole only.
 */
export interface SeatLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

export class Seats {
  readonly #limits: SeatLimits;
  readonly #perAddress = new Map<string, number>();
  #taken = 0;

  constructor(limits: SeatLimits) {
    this.#limits = limits;
  }

  /** Takes a place; false where there is none. */
  take(address: string | undefined): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const ofAddress = address === undefined ? 0 : (this.#perAddress.get(address) ?? 0);
    if (this.#taken >= maxConnections || ofAddress >= maxConnectionsPerAddress) return false;
    this.#taken++;
    if (address !== undefined) this.#perAddress.set(address, ofAddress + 1);
    return true;
  }

  /** Gives back what `take` has taken. */
  leave(address: string | undefined): void {
    this.#taken--;
    if (address === undefined) return;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}
