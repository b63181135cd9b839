/**
 * Which X25519 public keys are refused: those of small order, whose shared secret is known to everybody, in every
 * encoding (the curve ignores the highest bit). A shared secret of zeros is refused as well, whatever made it.
 */
import { misuse } from "@good-place/channel/misuse";
import { NoiseError } from "../errors.js";
import { toHex } from "./bytes.js";

export const KEY_LENGTH = 32;

const ONES = "ff".repeat(30);
const LOW_ORDER: ReadonlySet<string> = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${ONES}7f`,
  `ed${ONES}7f`,
  `ee${ONES}7f`,
]);

/** True for 32 bytes that are a point of small order. */
export function isLowOrder(publicKey: Uint8Array): boolean {
  const bytes = new Uint8Array(publicKey);
  bytes[31] = (bytes[31] as number) & 0x7f;
  return LOW_ORDER.has(toHex(bytes));
}

/** Refuses a public key that came from the other side and is of small order. */
export function checkPoint(publicKey: Uint8Array, whose: string): void {
  if (!isLowOrder(publicKey)) return;
  throw new NoiseError(
    "NOISE_POINT",
    `the ${whose} key is a point of small order: the peer is broken or hostile; close the connection`,
  );
}

/** Refuses a key that is not 32 bytes, as misuse. */
export function checkKey(name: string, key: unknown): asserts key is Uint8Array {
  if (key instanceof Uint8Array && key.length === KEY_LENGTH) return;
  const got = key instanceof Uint8Array ? `${key.length} bytes` : typeof key;
  throw misuse("range", "NOISE_KEY", `${name} must be a Uint8Array of ${KEY_LENGTH} bytes, got ${got}`);
}
