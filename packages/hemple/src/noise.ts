/**
 * `@good-place/hemple/noise`: the handshake core by itself. Noise Protocol Framework, revision 34, all fundamental
 * interactive patterns with psk modifiers, suite 25519_ChaChaPoly_BLAKE2b.
 */
export { type Cipher, MAX_MESSAGE, MAX_PLAINTEXT } from "./cipher.js";
export { NoiseError } from "./errors.js";
export { generateKeyPair, type Handshake, type HandshakeOptions, handshake } from "./handshake.js";
export { type KeyPair, type NoiseProvider, nodeProvider } from "./provider.js";
