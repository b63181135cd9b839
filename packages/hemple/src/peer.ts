/**
 * One connection on the server: its fiber proves who is there, lets it in or not, and then answers frames until the
 * line ends. Its calls are fibers of its scope, so none of them outlives it.
 */
import { type Fiber, type Scope, type Signal, scope, until, withDeadline } from "@good-place/channel";
import { type CallHost, RunningCall } from "./call.js";
import type { Desk, Peer } from "./desk.js";
import type { Guest } from "./door.js";
import { HempleError } from "./errors.js";
import { failureOf } from "./failure.js";
import type { Frame } from "./frame.js";
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
    const peer: Peer = Object.freeze({ key, roles, fingerprint: guest.fingerprint, address, connection: id });
    yield* host(desk, connection, { line, guest, peer, psk: contact.psk }, fiber);
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
}

function* host(
  desk: Desk,
  connection: Connection,
  { line, guest, peer, psk }: Admitted,
  fiber: Fiber<unknown>,
): Generator<unknown, void, never> {
  desk.count.connections += 1;
  guest.connections += 1;
  let told = true;
  try {
    yield* desk.signals.give({ tag: "conn", fiber, peer } as Signal);
    told = false;
    yield* scope(function* calls(own): Generator<unknown, void, never> {
      const visit = new Visit(desk, line, guest, peer, own);
      connection.goaway = () => visit.goaway();
      if (desk.draining) visit.goaway();
      connection.review = () => {
        if (!desk.settings.door.admits(guest, psk)) line.leave("REMOVED");
      };
      line.start((frame) => visit.receive(frame));
      line.send({ kind: "welcome", maxMessageBytes: desk.settings.limits.maxMessageBytes });
      connection.review();
      try {
        const { code, error } = yield* until(line.ended);
        visit.stop();
        told = true;
        yield* desk.signals.give({ tag: "close", fiber, peer, code, error } as Signal);
      } finally {
        visit.stop();
      }
    });
  } finally {
    desk.count.connections -= 1;
    guest.connections -= 1;
    if (!told) desk.tell({ tag: "close", fiber, peer, code: "LEFT", error: undefined } as Signal);
  }
}

class Visit implements CallHost {
  readonly desk: Desk;
  readonly line: Line;
  readonly peer: Peer;
  readonly scope: Scope;
  readonly #guest: Guest;
  readonly #calls = new Map<number, RunningCall>();
  #lastId = 0;

  constructor(desk: Desk, line: Line, guest: Guest, peer: Peer, own: Scope) {
    this.desk = desk;
    this.line = line;
    this.#guest = guest;
    this.peer = peer;
    this.scope = own;
  }

  receive(frame: Frame): void {
    if (frame.kind === "call") this.#call(frame);
    // A cancel may cross its answer on the way; then there is nothing to cancel.
    else if (frame.kind === "cancel" && frame.id <= this.#lastId) {
      this.#calls.get(frame.id)?.cancel(new HempleError("CANCELLED", "the caller cancelled the call"));
    } else throw new HempleError("PROTOCOL", `a client does not send ${frame.kind} here`);
  }

  goaway(): void {
    this.line.send({ kind: "goaway" });
    if (this.#calls.size === 0) this.line.leave();
  }

  /** Cancels what still runs. */
  stop(): void {
    for (const call of [...this.#calls.values()].reverse())
      call.cancel(new HempleError("CLOSED", "the caller's connection ended"));
  }

  free(id: number): void {
    if (!this.#calls.delete(id)) return;
    this.desk.count.calls -= 1;
    this.#guest.calls -= 1;
    if (this.desk.draining && this.#calls.size === 0) this.line.leave();
  }

  #call(frame: Extract<Frame, { kind: "call" }>): void {
    const { id, name } = frame;
    if (id <= this.#lastId || id % 2 === 0)
      throw new HempleError("PROTOCOL", `call ${id} comes after ${this.#lastId}: a client's ids are odd and rise`);
    this.#lastId = id;
    const refusal = this.#whyNot(name);
    if (refusal !== undefined) {
      this.desk.count.failed += 1;
      if (refusal.code === "OVERLOADED") this.desk.count.overloaded += 1;
      this.line.send({ kind: "error", id, failure: failureOf(refusal, name, `${this.peer.connection}-${id}`) });
      return;
    }
    const served = this.desk.served.get(name);
    if (served === undefined) return;
    this.desk.count.calls += 1;
    this.#guest.calls += 1;
    this.#calls.set(id, new RunningCall(this, served, frame));
  }

  #whyNot(name: string): HempleError | undefined {
    const method = this.desk.served.get(name)?.method;
    if (method === undefined)
      return new HempleError("UNKNOWN_METHOD", "the server has no method of this name; compare the contracts");
    const { roles } = this.peer;
    if (method.allowed !== undefined && !method.allowed.some((role) => roles.includes(role))) {
      return new HempleError(
        "FORBIDDEN",
        `${name} is for ${method.allowed.join(", ")}; have the role given to this key`,
      );
    }
    if (this.desk.draining)
      return new HempleError("DRAINING", "the server is closing: the call did not run; dial again later");
    if (this.#guest.calls < this.desk.settings.limits.maxCallsPerPeer && !this.desk.behind) return undefined;
    return new HempleError(
      "OVERLOADED",
      "as many calls run as the server takes from one peer: the call did not run; try again later",
    );
  }
}
