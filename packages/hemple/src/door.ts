/**
 * Who may come in: the PSKs, the newest first, and the known keys with their roles. Both can be replaced while the server
 * runs; what came in by a key, a role or a PSK that is there no more has to leave.
 */
import { checkOptions, misuse } from "@good-place/channel/misuse";
import { fingerprint } from "./keys.js";
import { sameBytes, toHex } from "./noise/bytes.js";
import { checkKey, isLowOrder } from "./noise/point.js";
import { checkPsk } from "./noise/psk.js";

/** A caller that is let in: its public key, and the roles that methods ask for. */
export interface PeerOptions {
  readonly key: Uint8Array;
  readonly roles?: readonly string[] | undefined;
}

/** Who may come in. */
export interface DoorOptions {
  /** 32 random bytes that every client has too; while they are being changed, two: the new ones, then the old ones. */
  readonly psk: Uint8Array | readonly [Uint8Array, Uint8Array];
  /** Who may call; without it, nobody. */
  readonly peers?: readonly PeerOptions[] | undefined;
}

/** A known caller, with what it is using now over all its connections. */
export interface Guest {
  readonly key: Uint8Array;
  readonly fingerprint: string;
  readonly roles: readonly string[];
  connections: number;
  calls: number;
}

export class Door {
  #psks: readonly Uint8Array[];
  #guests: ReadonlyMap<string, Guest>;

  constructor(where: string, { psk, peers = [] }: DoorOptions) {
    this.#psks = checkSecrets(where, psk);
    this.#guests = checkPeers(where, peers);
  }

  /** The newest first. */
  get psks(): readonly Uint8Array[] {
    return this.#psks;
  }

  guest(key: Uint8Array): Guest | undefined {
    return this.#guests.get(toHex(key));
  }

  /** Whether who came in as this guest with this PSK may stay. */
  admits(guest: Guest, psk: Uint8Array): boolean {
    return this.guest(guest.key) === guest && this.#psks.some((live) => sameBytes(live, psk));
  }

  /** Replaces what is given, all of it or nothing. A guest with other roles is another guest. */
  update(where: string, { psk, peers }: Partial<DoorOptions>): void {
    const psks = psk === undefined ? this.#psks : checkSecrets(where, psk);
    if (peers !== undefined) {
      const guests = checkPeers(where, peers);
      for (const [name, guest] of guests) {
        const before = this.#guests.get(name);
        if (before !== undefined && sameRoles(before.roles, guest.roles)) guests.set(name, before);
      }
      this.#guests = guests;
    }
    this.#psks = psks;
  }
}

function sameRoles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((role, at) => role === b[at]);
}

function checkSecrets(where: string, psk: unknown): readonly Uint8Array[] {
  if (!Array.isArray(psk)) return [checkPsk(psk)];
  if (psk.length === 1 || psk.length === 2) return psk.map(checkPsk);
  throw misuse("range", "NOISE_PSK", `${where}: psk must be one secret or two, [new, old], got ${psk.length}`);
}

function checkPeers(where: string, peers: unknown): Map<string, Guest> {
  if (!Array.isArray(peers))
    throw misuse("type", "BAD_OPTION", `${where}: peers must be an array of { key, roles }, got ${typeof peers}`);
  const guests = new Map<string, Guest>();
  for (const peer of peers as readonly PeerOptions[]) {
    checkOptions(`${where}: a peer`, peer, ["key", "roles"]);
    const { key, roles = [] } = peer;
    checkKey("a peer's key", key);
    if (isLowOrder(key))
      throw misuse(
        "range",
        "BAD_OPTION",
        `${where}: a peer's key is of small order: it is nobody's; use its public key`,
      );
    if (!Array.isArray(roles) || roles.some((role) => typeof role !== "string")) {
      throw misuse("type", "BAD_OPTION", `${where}: a peer's roles must be an array of strings`);
    }
    if (guests.has(toHex(key)))
      throw misuse("type", "BAD_OPTION", `${where}: a key is in peers twice: ${fingerprint(key)}`);
    guests.set(toHex(key), {
      key: new Uint8Array(key),
      fingerprint: fingerprint(key),
      roles: Object.freeze([...roles]),
      connections: 0,
      calls: 0,
    });
  }
  return guests;
}
