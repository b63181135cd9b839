/**
 * A connection's fiber: it works off what the connection brings, in order and one at a time, until it is closed.
 * Invariants: no request is looked at before the one ahead of it is answered; after a refusal none is looked at again;
 * the fiber ends after the socket has closed, and `close` is its last signal.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type Channel,
  CLOSED,
  channel,
  dropping,
  type Fiber,
  go,
  type Op,
  type Signal,
  unbounded,
  until,
} from "@good-place/channel";
import { type ChidiError, refusal } from "../errors.js";
import { goOn } from "../request/continues.js";
import { checkHead } from "../request/head.js";
import { IncomingRequest } from "../request/request.js";
import {
  answerRequest,
  type Floor,
  gone,
  handOver,
  linger,
  type Opening,
  refuseConnection,
  type SocketWire,
} from "./answering.js";
import type { Connection } from "./signal.js";
import { keepAliveTimeout } from "./timeouts.js";
import { WireLife } from "./wire-life.js";

// Pipelined requests that may wait before nothing more is read, and how few let reading go on.
const MANY_WAITING = 16;
const FEW_WAITING = 4;

type Work = () => Generator<unknown, void, never>;

let lastId = 0;

/** The next connection's id. */
export function nextId(): number {
  return ++lastId;
}

export class Conn implements Connection, SocketWire {
  readonly id: number = nextId();
  readonly connection: this = this;
  readonly fiber: Fiber<void>;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly openedAt: number = Date.now();
  requests = 0;

  // The state that answering changes; users see the interface `Connection` only.
  readonly floor: Floor;
  readonly socket: Socket;
  current: IncomingRequest | null = null;
  ending = false;
  upgraded = false;

  // Made for the first answer that has to be waited for: most are out at once.
  #written: Channel<true> | null = null;
  readonly #queue: Work[] = [];
  // A token for each. The work itself would stay with the last `take`, and with it a request, while the connection is idle.
  readonly #work: Channel<true> = channel(unbounded());
  #paused = false;
  #busy = false;
  // The request whose body the parser is in.
  #receiving: IncomingRequest | null = null;
  readonly #life: WireLife;

  constructor(socket: Socket, floor: Floor) {
    this.socket = socket;
    this.floor = floor;
    this.#life = new WireLife(floor);
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    this.fiber = go(() => this.#run(), { name: "connection", supervisor: floor.signals });
  }

  close(): void {
    this.socket.destroy();
  }

  get signals(): Channel<Signal> {
    return this.floor.signals;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  get flushed(): boolean {
    return this.socket.writableLength === 0;
  }

  cut(): void {
    this.socket.destroy();
  }

  linger(request: IncomingRequest): void {
    linger(this.socket, request);
  }

  /** Node's timer between two requests has run out; it destroys the socket. */
  timedOut(): void {
    if (this.upgraded) return;
    const error = keepAliveTimeout(this.floor.settings.keepAliveMs);
    void this.give({ tag: "error", error, connection: this, fiber: this.fiber } as Signal);
  }

  /** The socket has closed. */
  closed(): void {
    const reason = gone();
    this.ending = true;
    this.#life.broke(reason);
    this.current?.leave(reason);
    this.#work.close();
    this.#written?.close();
  }

  /** The server drains: a connection without work goes now, any other after the answer that it is at. A stream without an end ends. */
  drain(): void {
    this.#life.drain();
    if (!this.#busy && this.#queue.length === 0 && !this.upgraded) this.socket.destroySoon();
  }

  /** The parser has read a request's head. */
  request(message: IncomingMessage, response: ServerResponse, continues: boolean): void {
    const [request, refused] = this.#receive(message);
    request.response = response;
    request.waits = continues;
    if (continues) request.reader.onRead(() => goOn(response));
    const wrong = !continues && message.headers.expect !== undefined && message.httpVersion === "1.1";
    this.#enqueue(() => answerRequest(this, request, response, refused ?? (wrong ? badExpectation() : null)));
  }

  /** The parser has read the head of a request to take the connection over. */
  upgrade(message: IncomingMessage, head: Buffer): void {
    const [request, refused] = this.#receive(message);
    this.#enqueue(() => handOver(this, request, this.#opening(message, head), refused));
  }

  // Node gave the socket away with the upgrade, so the response has to be put on it by hand.
  #opening(message: IncomingMessage, head: Buffer): Opening {
    const { socket } = this;
    const response = new ServerResponse(message);
    return {
      socket,
      head,
      response,
      refused: () => {
        response.assignSocket(socket);
        response.once("finish", () => socket.destroySoon());
      },
      taken: () => {
        this.upgraded = true;
      },
    };
  }

  /** Node has let the connection go, and `attach` gives it back. Before the answers ahead are written, node would lose the next. */
  again(attach: () => void): void {
    this.#enqueue(() => this.#attach(attach));
  }

  /** The wire brought no request, or broke one off. Undefined: the connection itself broke. */
  fault(error: ChidiError | undefined): void {
    const receiving = this.#receiving !== null && !this.#receiving.message.complete ? this.#receiving : null;
    if (error === undefined || !this.socket.writable) this.socket.destroy();
    else if (receiving === null) this.#enqueue(() => refuseConnection(this, error));
    else receiving.reader.fail(error);
  }

  give(signal: Signal): Op<boolean> {
    return this.floor.signals.give(signal);
  }

  readonly finished = (): void => {
    this.current = null;
    this.written.tryGive(true);
  };

  get written(): Channel<true> {
    if (this.#written === null) {
      this.#written = channel(dropping(1));
      if (this.dead) this.#written.close();
    }
    return this.#written;
  }

  get dead(): boolean {
    return this.#life.dead;
  }

  goneSignal(): AbortSignal {
    return this.#life.gone();
  }

  stopSignal(): AbortSignal {
    return this.#life.stop();
  }

  // Looks at the head at once, so that a fault in the body finds the request it belongs to.
  #receive(message: IncomingMessage): [IncomingRequest, ChidiError | null] {
    const { settings, hosts } = this.floor;
    let target = message.url ?? "";
    let refused: ChidiError | null = null;
    try {
      target = checkHead(message, settings);
      hosts?.check(message.headers.host ?? "", this.socket as TLSSocket);
    } catch (error) {
      refused = error as ChidiError;
    }
    const request = new IncomingRequest(message, target, this, settings);
    this.#receiving = request;
    return [request, refused];
  }

  #enqueue(work: Work): void {
    if (this.ending) return;
    if (this.#queue.push(work) > MANY_WAITING && !this.#paused) {
      this.#paused = true;
      this.socket.pause();
    }
    this.#work.tryGive(true);
  }

  *#attach(attach: () => void): Generator<unknown, void, never> {
    // The answer ahead is out, but node detaches it, and sets the time until the next request, some ticks later.
    yield* until(new Promise(setImmediate));
    if (!this.dead) attach();
  }

  *#run(): Generator<unknown, void, never> {
    const { fiber } = this;
    try {
      yield* this.give({ tag: "conn", connection: this, fiber } as Signal);
      while (yield* this.#next());
    } finally {
      this.socket.destroy();
      yield* this.give({ tag: "close", connection: this, fiber } as Signal);
    }
  }

  // Works off what comes next; false when nothing will. A generator of its own, for one that waits holds on to what it
  // has worked off before.
  *#next(): Generator<unknown, boolean, never> {
    if ((yield* this.#work.take()) === CLOSED) return false;
    const work = this.#queue.shift() as Work;
    this.#busy = true;
    if (this.#queue.length <= FEW_WAITING && this.#paused) {
      this.#paused = false;
      this.socket.resume();
    }
    if (!this.ending) yield* work();
    this.#busy = false;
    if (this.#receiving?.message.complete) this.#receiving = null;
    if (this.floor.draining) this.drain();
    return true;
  }
}

/** The refusal of an Expect other than 100-continue. */
export function badExpectation(): ChidiError {
  return refusal(417, "BAD_EXPECTATION", "the only expectation that can be met is 100-continue");
}
