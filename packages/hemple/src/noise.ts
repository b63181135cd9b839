/**
 * `@good-place/hemple/noise`: the handshake core by itself. Noise Protocol Framework, revision 34, all fundamental
 * interactive patterns with psk modifiers, suite 25519_ChaChaPoly_BLAKE2b.
 */

export { defaultProvider } from "#platform/provider";
export { NoiseError } from "./errors.js";
export { type Cipher, MAX_MESSAGE, MAX_PLAINTEXT } from "./noise/cipher.js";
export { generateKeyPair, type Handshake, type HandshakeOptions, handshake } from "./noise/handshake.js";
export type { KeyPair, NoiseProvider } from "./noise/provider.js";
