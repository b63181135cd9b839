/**
 * One connection on the server: its fiber proves who is there, lets it in or not, and then answers frames until the
 * line ends. Its calls are fibers of its scope, so none of them outlives it.
 */
import { type Fiber, type Signal, scope, until, withDeadline } from "@good-place/channel";
import { Answerer } from "./calls/answerer.js";
import { Caller } from "./calls/caller.js";
import { FIRST_ID, Session } from "./calls/session.js";
import { tells } from "./client.js";
import type { Desk, Peer } from "./desk.js";
import type { Guest } from "./door.js";
import { HempleError } from "./errors.js";
import { fingerprint } from "./keys.js";
import { answerContact, type Contact } from "./wire/contact.js";
import { Line } from "./wire/line.js";
import type { Link } from "./wire/link.js";

/** What the server keeps of a connection. */
export interface Connection {
  readonly id: string;
  readonly address: string;
  readonly link: Link;
  /** Says that no new calls are taken, and leaves when the last one is answered; undefined until the peer is let in. */
  goaway: (() => void) | undefined;
  /** Ends the connection where the peer may not stay any more; undefined until it is let in. */
  review: (() => void) | undefined;
  /** The peer has proved itself, or never will. */
  settled(): void;
}

/** The body of a connection's fiber. */
export function* converse(desk: Desk, connection: Connection, fiber: Fiber<unknown>): Generator<unknown, void, never> {
  const { link, address, id } = connection;
  try {
    const contact = yield* meet(desk, connection, fiber);
    if (contact === undefined) return;
    const line = lineOf(desk, connection, contact, fiber);
    const guest = desk.settings.door.guest(contact.key);
    const refusal = whyNot(desk, guest);
    if (refusal !== undefined || guest === undefined) {
      desk.refused({ fiber, code: refusal?.code ?? "KEY_REFUSED", address, fingerprint: fingerprint(contact.key) });
      yield* turnAway(line, refusal as HempleError);
      return;
    }
    connection.settled();
    const { key, roles } = guest;
    const caller = new Caller(line, desk.limits.creditBytes, FIRST_ID.server);
    const peer: Peer = Object.freeze({
      key,
      roles,
      fingerprint: guest.fingerprint,
      address,
      connection: id,
      tell: (contract) => tells(contract, caller),
    } satisfies Peer);
    yield* host(desk, connection, { line, guest, peer, psk: contact.psk, caller }, fiber);
  } finally {
    connection.settled();
    link.destroy();
  }
}

// First contact, in time. Undefined where it failed: the socket is closed without a word, since nobody is proved.
function* meet(
  desk: Desk,
  { link, address }: Connection,
  fiber: Fiber<unknown>,
): Generator<unknown, Contact | undefined, never> {
  const { pair, door, provider, limits } = desk.settings;
  try {
    const credentials = { pair, psks: door.psks, provider };
    const contact = yield* withDeadline(limits.handshakeMs, () => answerContact(link, credentials));
    desk.tell({ tag: "handshake", fiber, address, pattern: contact.pattern } as Signal);
    return contact;
  } catch (error) {
    link.destroy();
    desk.refused({ fiber, code: (error as { code?: string }).code ?? "HANDSHAKE_REFUSED", address });
    return undefined;
  }
}

function lineOf(desk: Desk, { link, id }: Connection, contact: Contact, fiber: Fiber<unknown>): Line {
  const { limits, rekey, compression } = desk.settings;
  return new Line(link, {
    ...contact,
    deflates: contact.deflates && compression,
    rekey,
    rekeyed: () => desk.tell({ tag: "rekey", fiber, connection: id } as Signal),
    maxMessageBytes: limits.maxMessageBytes,
    yielding: true,
  });
}

function whyNot(desk: Desk, guest: Guest | undefined): HempleError | undefined {
  const { maxConnections, maxConnectionsPerPeer } = desk.settings.limits;
  if (guest === undefined)
    return new HempleError(
      "KEY_REFUSED",
      "the server does not know this key; have its public key added to the server's peers",
    );
  if (desk.draining) return new HempleError("DRAINING", "the server is closing; dial again later");
  if (desk.count.connections < maxConnections && guest.connections < maxConnectionsPerPeer) return undefined;
  return new HempleError("OVERLOADED", "the server has as many connections as it takes; dial again later");
}

function* turnAway(line: Line, error: HempleError): Generator<unknown, void, never> {
  line.start(() => {});
  line.send({ kind: "refused", failure: { code: error.code, message: error.message } });
  line.leave();
  yield* until(line.ended);
}

// Who was let in, and by what.
interface Admitted {
  readonly line: Line;
  readonly guest: Guest;
  readonly peer: Peer;
  readonly psk: Uint8Array;
  /** What calls the peer. */
  readonly caller: Caller;
}

function* host(
  desk: Desk,
  connection: Connection,
  { line, guest, peer, psk, caller }: Admitted,
  fiber: Fiber<unknown>,
): Generator<unknown, void, never> {
  desk.count.connections += 1;
  guest.connections += 1;
  let told = true;
  try {
    yield* desk.signals.give({ tag: "conn", fiber, peer } as Signal);
    told = false;
    yield* scope(function* calls(own): Generator<unknown, void, never> {
      const answerer = new Answerer(desk, line, guest, peer, own, FIRST_ID.client);
      const session = new Session("server", caller, answerer);
      connection.goaway = () => answerer.goaway();
      if (desk.draining) answerer.goaway();
      connection.review = () => {
        if (!desk.settings.door.admits(guest, psk)) line.leave("REMOVED");
      };
      line.start((frame, bytes) => {
        if (frame.kind === "limit") line.lower(frame.maxMessageBytes);
        else session.receive(frame, bytes);
      });
      line.send({ kind: "welcome", maxMessageBytes: desk.limits.maxMessageBytes, instance: desk.instance });
      connection.review();
      try {
        const { code, error } = yield* until(line.ended);
        answerer.stop();
        told = true;
        yield* desk.signals.give({ tag: "close", fiber, peer, code, error } as Signal);
      } finally {
        answerer.stop();
      }
    });
  } finally {
    desk.count.connections -= 1;
    guest.connections -= 1;
    if (!told) desk.tell({ tag: "close", fiber, peer, code: "LEFT", error: undefined } as Signal);
  }
}
