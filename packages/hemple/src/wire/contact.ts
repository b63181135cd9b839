/**
 * First contact, both sides: eight bytes that name the protocol, then Noise XXpsk0+psk3 with empty payloads, so that
 * each message has one length and any other is refused unread. The eight bytes are the prologue: change one under way
 * and the handshake fails. A wrong PSK fails at message 1, before any key agreement is computed.
 */
import { until } from "@good-place/channel";
import { HempleError } from "../errors.js";
import { sameBytes } from "../noise/bytes.js";
import type { Cipher } from "../noise/cipher.js";
import { type Handshake, handshake } from "../noise/handshake.js";
import type { KeyPair, NoiseProvider } from "../noise/provider.js";
import type { Link } from "./link.js";

export const PATTERN = "XXpsk0+psk3";
/** "hemple", the protocol's version, and the way of first contact. */
export const PREAMBLE: Uint8Array = Uint8Array.of(...new TextEncoder().encode("hemple"), 1, 0);
/** Bytes of the three messages. */
export const LENGTHS = [48, 96, 64] as const;

/** What one end brings along. */
export interface Credentials {
  readonly pair: KeyPair;
  readonly psk: Uint8Array;
  readonly provider: NoiseProvider;
}

/** What both ends have after first contact. */
export interface Contact {
  readonly tx: Cipher;
  readonly rx: Cipher;
  /** The other side's static public key. */
  readonly key: Uint8Array;
}

/** The server's side, for its fiber. Fails with HANDSHAKE_REFUSED, or CLOSED where the peer went away. */
export function* answerContact(link: Link, credentials: Credentials): Generator<unknown, Contact, never> {
  const preamble = yield* until(link.raw(PREAMBLE.length));
  if (!sameBytes(preamble, PREAMBLE)) {
    throw new HempleError("HANDSHAKE_REFUSED", "the peer speaks another protocol, or another version of this one");
  }
  const noise = begin(false, credentials);
  read(noise, yield* until(link.message(LENGTHS[0])));
  link.write(noise.write());
  read(noise, yield* until(link.message(LENGTHS[2])));
  return contact(noise);
}

/** The client's side. `check` sees the server's key before the own key is sent; what it throws ends the contact. */
export async function makeContact(
  link: Link,
  credentials: Credentials,
  check: (key: Uint8Array) => void,
): Promise<Contact> {
  const noise = begin(true, credentials);
  link.socket.write(PREAMBLE);
  link.write(noise.write());
  read(noise, await link.message(LENGTHS[1]));
  check(noise.rs as Uint8Array);
  link.write(noise.write());
  return contact(noise);
}

function begin(initiator: boolean, { pair, psk, provider }: Credentials): Handshake {
  return handshake({ pattern: PATTERN, initiator, prologue: PREAMBLE, s: pair, psks: [psk, psk], provider });
}

function read(noise: Handshake, message: Uint8Array): void {
  try {
    noise.read(message);
  } catch (cause) {
    throw new HempleError(
      "HANDSHAKE_REFUSED",
      "a message of the handshake did not decrypt: the PSKs differ, or it was changed on the way",
      { cause },
    );
  }
}

function contact({ tx, rx, rs }: Handshake): Contact {
  return { tx: tx as Cipher, rx: rx as Cipher, key: rs as Uint8Array };
}
