/**
 * The keys of one end of a handshake, and what each token of a pattern does with them. Whose turn it is, and what
 * happens after a failure, is decided in handshake.ts.
 * Invariant: a public key is checked before it is used, and a PSK is used once.
 */

import { misuse } from "@good-place/channel/misuse";
import { defaultProvider } from "#platform/provider";
import { NoiseError } from "../errors.js";
import { isZero, sameBytes } from "./bytes.js";
import { TAG_LENGTH } from "./cipher.js";
import { hasStatic, type Pattern, type Token } from "./pattern.js";
import { checkKey, checkPoint, KEY_LENGTH } from "./point.js";
import type { KeyPair, NoiseProvider } from "./provider.js";
import { checkPsks } from "./psk.js";
import { Symmetric } from "./symmetric.js";

export interface AgreementOptions {
  readonly initiator: boolean;
  /** Bytes that both ends must agree on; the handshake fails if they do not. */
  readonly prologue?: Uint8Array | undefined;
  /** The own static private key, or its pair where one provider key is used for many handshakes. */
  readonly s?: Uint8Array | KeyPair | undefined;
  /** The ephemeral private key. For test vectors: by default a fresh one is made when it is needed. */
  readonly e?: Uint8Array | KeyPair | undefined;
  /** The other side's static public key. Where the pattern sends that key, it must be this one. */
  readonly rs?: Uint8Array | undefined;
  /** 32 bytes for each psk token of the pattern, in their order. */
  readonly psks?: readonly Uint8Array[] | undefined;
  readonly provider?: NoiseProvider | undefined;
}

const SUITE = "25519_ChaChaPoly_BLAKE2b";
const EMPTY = new Uint8Array(0);

export class Agreement {
  readonly symmetric: Symmetric;
  /** The other side's static public key, once known. */
  rs: Uint8Array | undefined;
  readonly #provider: NoiseProvider;
  readonly #pattern: Pattern;
  readonly #initiator: boolean;
  readonly #psks: Uint8Array[];
  readonly #s: KeyPair | undefined;
  readonly #pin: Uint8Array | undefined;
  #e: KeyPair | undefined;
  #re: Uint8Array | undefined;

  constructor(options: AgreementOptions, pattern: Pattern) {
    const { provider = defaultProvider, rs } = options;
    this.#provider = provider;
    this.#pattern = pattern;
    this.#initiator = options.initiator;
    this.#psks = checkPsks(pattern.name, pattern.psks, options.psks ?? []);
    this.#s = pair(provider, "s", options.s);
    this.#e = pair(provider, "e", options.e);
    if (rs !== undefined) {
      checkKey("rs", rs);
      checkPoint(rs, "remote static");
      this.#pin = new Uint8Array(rs);
    }
    this.symmetric = new Symmetric(provider, `Noise_${pattern.name}_${SUITE}`);
    this.symmetric.mixHash(options.prologue ?? EMPTY);
    this.#mixKnown();
  }

  /** Bytes of a message beside its payload. */
  overhead(tokens: readonly Token[]): number {
    let keyed = this.symmetric.hasKey;
    let bytes = 0;
    for (const token of tokens) {
      if (token === "e") bytes += KEY_LENGTH;
      else if (token === "s") bytes += KEY_LENGTH + (keyed ? TAG_LENGTH : 0);
      keyed ||= token === "psk" || token.length === 2 || (token === "e" && this.#pattern.psks > 0);
    }
    return bytes + (keyed ? TAG_LENGTH : 0);
  }

  /** Does what the token says for the end that writes, and gives what it sends. */
  write(token: Token): Uint8Array {
    if (token === "e") {
      this.#e ??= this.#provider.keypair();
      this.#mixEphemeral(this.#e.publicKey);
      return this.#e.publicKey;
    }
    if (token === "s") return this.symmetric.encryptAndHash((this.#s as KeyPair).publicKey);
    this.#mixSecret(token);
    return EMPTY;
  }

  /** Does what the token says for the end that reads, and gives what it left of the message. */
  read(token: Token, rest: Uint8Array): Uint8Array {
    if (token === "e") {
      const key = rest.slice(0, KEY_LENGTH);
      checkPoint(key, "ephemeral");
      this.#re = key;
      this.#mixEphemeral(key);
      return rest.subarray(KEY_LENGTH);
    }
    if (token === "s") {
      const length = KEY_LENGTH + (this.symmetric.hasKey ? TAG_LENGTH : 0);
      const key = new Uint8Array(this.symmetric.decryptAndHash(rest.subarray(0, length)));
      checkPoint(key, "static");
      if (this.#pin !== undefined && !sameBytes(this.#pin, key)) {
        throw new NoiseError(
          "NOISE_PIN",
          "the peer's static key is not the expected rs: it is another peer, or a new key",
        );
      }
      this.rs = key;
      return rest.subarray(length);
    }
    this.#mixSecret(token);
    return rest;
  }

  // Static keys that are known beforehand are part of what both ends must agree on.
  #mixKnown(): void {
    const { known, name } = this.#pattern;
    const mine = this.#initiator ? "initiator" : "responder";
    const theirs = this.#initiator ? "responder" : "initiator";
    if (hasStatic(this.#pattern, mine) && this.#s === undefined) {
      throw misuse("type", "NOISE_KEY", `${name} needs s, the own static private key of the ${mine}`);
    }
    if (known[theirs]) {
      if (this.#pin === undefined) {
        throw misuse("type", "NOISE_KEY", `${name} needs rs, the static public key of the ${theirs}`);
      }
      this.rs = this.#pin;
    }
    for (const side of ["initiator", "responder"] as const) {
      if (known[side]) this.symmetric.mixHash((side === mine ? this.#s?.publicKey : this.rs) as Uint8Array);
    }
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.symmetric.mixHash(publicKey);
    if (this.#pattern.psks > 0) this.symmetric.mixKey(publicKey);
  }

  #mixSecret(token: Token): void {
    if (token === "psk") return this.symmetric.mixKeyAndHash(this.#psks.shift() as Uint8Array);
    // The first letter names the initiator's key, the second the responder's.
    const [mine, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const own = mine === "e" ? this.#e : this.#s;
    const other = theirs === "e" ? this.#re : this.rs;
    this.symmetric.mixKey(this.#agree(own as KeyPair, other as Uint8Array));
  }

  #agree(own: KeyPair, other: Uint8Array): Uint8Array {
    let secret: Uint8Array;
    try {
      secret = this.#provider.dh(own, other);
    } catch (cause) {
      throw new NoiseError("NOISE_POINT", "the key agreement failed: the peer's key is no valid point", { cause });
    }
    if (!isZero(secret)) return secret;
    throw new NoiseError("NOISE_POINT", "the key agreement gave zeros: the peer's key is a point of small order");
  }
}

function pair(provider: NoiseProvider, name: string, key: Uint8Array | KeyPair | undefined): KeyPair | undefined {
  if (key === undefined) return undefined;
  if (!(key instanceof Uint8Array) && key !== null && typeof key === "object" && "publicKey" in key) return key;
  checkKey(name, key);
  return provider.keypair(key);
}
