/**
 * How a connection begins, both sides: eight bytes that name the protocol, its version, the way in and what the client
 * takes, then a Noise handshake with empty payloads, so that each message has one length and any other is refused unread.
 * The eight bytes are the prologue: change one under way and the handshake fails.
 *
 * XXpsk0+psk3 where the client does not know the server's key yet: a wrong PSK fails at message 1, before any key
 * agreement is computed. IKpsk2 where it does: one round trip, then an empty message of the client, for message 1 by
 * itself could be a recording. The server answers IKpsk2 under its newest PSK; a client with an older one, or with an old
 * key of the server, comes again by XXpsk0+psk3, which says what is wrong.
 */
import { until } from "@good-place/channel";
import { HempleError } from "../errors.js";
import { sameBytes } from "../noise/bytes.js";
import { type Cipher, TAG_LENGTH } from "../noise/cipher.js";
import { type Handshake, handshake } from "../noise/handshake.js";
import type { KeyPair, NoiseProvider } from "../noise/provider.js";
import type { Link } from "./link.js";

/** The ways in, by the number that the client names them with. */
const WAYS = [
  { pattern: "XXpsk0+psk3", psks: 2, lengths: [48, 96, 64] },
  { pattern: "IKpsk2", psks: 1, lengths: [96, 48] },
] as const;
type Way = (typeof WAYS)[number];

const NAME = new TextEncoder().encode("hemple");
const VERSION = 1;
// In the last of the eight bytes.
const REPEATED = 1;
const DEFLATES = 2;
const PREAMBLE_LENGTH = NAME.length + 2;
const NOTHING = new Uint8Array(0);

/** What one end brings along. */
export interface Credentials {
  readonly pair: KeyPair;
  /** The newest first. A client has one. */
  readonly psks: readonly Uint8Array[];
  readonly provider: NoiseProvider;
}

/** What both ends have once each has proved itself. */
export interface Contact {
  readonly pattern: Way["pattern"];
  readonly tx: Cipher;
  readonly rx: Cipher;
  /** The other side's static public key. */
  readonly key: Uint8Array;
  /** The PSK that both have. */
  readonly psk: Uint8Array;
  /** Frames to the other side may be deflated. */
  readonly deflates: boolean;
}

/** The server's side, for its fiber. Fails with HANDSHAKE_REFUSED, or CLOSED where the peer went away. */
export function* answerContact(link: Link, credentials: Credentials): Generator<unknown, Contact, never> {
  const preamble = yield* until(link.raw(PREAMBLE_LENGTH));
  const options = optionsOf(preamble);
  const way = WAYS[options & REPEATED] as Way;
  const first = yield* until(link.message(way.lengths[0]));
  // What would come next depends on the answer to this.
  if (link.ahead)
    throw new HempleError("HANDSHAKE_REFUSED", "the peer sends what it cannot know yet: it speaks another protocol");
  const { noise, psk } = readFirst(way, preamble, credentials, first);
  link.write(noise.write());
  if (way.lengths.length === 3) read(noise, yield* until(link.message(way.lengths[2])));
  else confirm(noise, yield* until(link.message(TAG_LENGTH)));
  return contact(way, noise, psk, (options & DEFLATES) !== 0);
}

/** What a client wants of a contact. */
export interface Approach {
  /** The server's key, where it is known: then IKpsk2. */
  readonly serverKey: Uint8Array | undefined;
  /** The client takes frames that are deflated, and sends such. */
  readonly deflates: boolean;
  /** Sees the server's key before the own key is sent; what it throws ends the contact. */
  readonly check: (key: Uint8Array) => void;
}

/** The client's side. */
export async function makeContact(link: Link, credentials: Credentials, approach: Approach): Promise<Contact> {
  const { serverKey, deflates, check } = approach;
  const options = (serverKey === undefined ? 0 : REPEATED) | (deflates ? DEFLATES : 0);
  const preamble = Uint8Array.of(...NAME, VERSION, options);
  const way = WAYS[options & REPEATED] as Way;
  const psk = credentials.psks[0] as Uint8Array;
  const noise = begin(way, preamble, credentials, psk, serverKey);
  link.writeRaw(preamble);
  link.write(noise.write());
  read(noise, await link.message(way.lengths[1]));
  check(noise.rs as Uint8Array);
  link.write(way.lengths.length === 3 ? noise.write() : (noise.tx as Cipher).seal(NOTHING));
  // Every server inflates, but not every client wants to send what is deflated.
  return contact(way, noise, psk, deflates);
}

function optionsOf(preamble: Uint8Array): number {
  const options = preamble[PREAMBLE_LENGTH - 1] as number;
  const expected = Uint8Array.of(...NAME, VERSION, options);
  if (sameBytes(preamble, expected) && (options & ~(REPEATED | DEFLATES)) === 0) return options;
  throw new HempleError("HANDSHAKE_REFUSED", "the peer speaks another protocol, or another version of this one");
}

function begin(
  { pattern, psks }: Way,
  preamble: Uint8Array,
  { pair, provider }: Credentials,
  psk: Uint8Array,
  rs: Uint8Array | undefined,
  initiator = true,
): Handshake {
  return handshake({
    pattern,
    initiator,
    prologue: preamble,
    s: pair,
    rs,
    psks: psks === 1 ? [psk] : [psk, psk],
    provider,
  });
}

// By XXpsk0+psk3 message 1 says which PSK the client has, by IKpsk2 nothing does: it has the newest, or comes again.
function readFirst(
  way: Way,
  preamble: Uint8Array,
  credentials: Credentials,
  message: Uint8Array,
): { readonly noise: Handshake; readonly psk: Uint8Array } {
  const psks = way.psks === 1 ? credentials.psks.slice(0, 1) : credentials.psks;
  let failure: unknown;
  for (const psk of psks) {
    const noise = begin(way, preamble, credentials, psk, undefined, false);
    try {
      read(noise, message);
      return { noise, psk };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function confirm(noise: Handshake, message: Uint8Array): void {
  try {
    (noise.rx as Cipher).open(message);
  } catch (cause) {
    throw undecipherable(cause);
  }
}

function read(noise: Handshake, message: Uint8Array): void {
  try {
    noise.read(message);
  } catch (cause) {
    throw undecipherable(cause);
  }
}

function undecipherable(cause: unknown): HempleError {
  return new HempleError(
    "HANDSHAKE_REFUSED",
    "a message of the handshake did not decrypt: the PSKs differ, or it was changed on the way",
    { cause },
  );
}

function contact({ pattern }: Way, { tx, rx, rs }: Handshake, psk: Uint8Array, deflates: boolean): Contact {
  return { pattern, tx: tx as Cipher, rx: rx as Cipher, key: rs as Uint8Array, psk, deflates };
}
