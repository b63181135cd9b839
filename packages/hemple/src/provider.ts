/**
 * The primitives under the Noise core, behind one interface: X25519, ChaCha20-Poly1305, BLAKE2b-512.
 * A provider has no state of its own and checks nothing but what its primitive checks; lengths, nonces, PSKs and
 * low-order points are the core's matter. Every function must work without `this`, so that one can be wrapped.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

/** An X25519 key pair. `privateKey` may be computed when it is first read. */
export interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What the Noise core needs. Arguments have the right lengths; what is returned is the caller's. */
export interface NoiseProvider {
  /** The pair of a raw private key, or a fresh pair. */
  keypair(privateKey?: Uint8Array): KeyPair;
  /** X25519. Throws for a low-order point, or returns zeros; the core refuses both. */
  dh(pair: KeyPair, publicKey: Uint8Array): Uint8Array;
  /** BLAKE2b-512 of the parts, one after another. */
  hash(...parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC over BLAKE2b-512 of the parts, one after another. */
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** Ciphertext and tag, under a 32-byte key and a 12-byte nonce. */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or undefined when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

const AEAD = "chacha20-poly1305";
const TAG = 16;
// The PKCS #8 frame of an X25519 private key; the 32 raw bytes follow.
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

// Importing a raw private key takes ten times as long as a DH, so each pair keeps its key object.
const keyObjects = new WeakMap<KeyPair, KeyObject>();

function privateObject(raw: Uint8Array): KeyObject {
  return createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.concat([PKCS8, raw]) });
}

function jwkBytes(key: KeyObject, part: "d" | "x"): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" })[part] as string, "base64url"));
}

/** The provider over `node:crypto`. */
export const nodeProvider: NoiseProvider = Object.freeze<NoiseProvider>({
  keypair(privateKey) {
    const key = privateKey === undefined ? generateKeyPairSync("x25519").privateKey : privateObject(privateKey);
    const publicKey = jwkBytes(key, "x");
    let raw: Uint8Array | undefined = privateKey === undefined ? undefined : new Uint8Array(privateKey);
    const pair: KeyPair = {
      publicKey,
      get privateKey(): Uint8Array {
        raw ??= jwkBytes(key, "d");
        return raw;
      },
    };
    keyObjects.set(pair, key);
    return pair;
  },

  dh(pair, publicKey) {
    const privateKey = keyObjects.get(pair) ?? privateObject(pair.privateKey);
    // A JWK import costs 4 us where a DER import costs 75.
    const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString("base64url");
    const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "X25519", x } });
    return diffieHellman({ privateKey, publicKey: key });
  },

  hash(...parts) {
    const hash = createHash("blake2b512");
    for (const part of parts) hash.update(part);
    return hash.digest();
  },

  hmac(key, ...parts) {
    const hmac = createHmac("blake2b512", key);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  },

  seal(key, nonce, ad, plaintext) {
    const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG });
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length });
    const sealed = new Uint8Array(plaintext.length + TAG);
    sealed.set(cipher.update(plaintext));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plaintext.length);
    return sealed;
  },

  open(key, nonce, ad, ciphertext) {
    const length = ciphertext.length - TAG;
    const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG });
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length });
    decipher.setAuthTag(ciphertext.subarray(length));
    const opened = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return new Uint8Array(opened.buffer, opened.byteOffset, opened.length);
  },
});
