/**
 * A session of the server, in the form of the one connection that a socket would have: what comes and goes on several
 * goes through here, and the socket's handlers never notice. It closes when either side closes it, when no client has
 * come back within `keepMs`, or when a connection breaks the protocol. It emits `away` when its client has gone, and `back`.
 * Invariant: it listens to one connection at most, the newest.
 */
import { EventEmitter } from "node:events";
import type { Socket as NetSocket } from "node:net";
import type { WebSocket } from "ws";
import { closed, lost, type TrevorError } from "../errors.js";
import type { ResumeLimits, TrevorSettings } from "../options.js";
import { Heartbeat } from "../socket/heartbeat.js";
import { control, PROTOCOL, unwrap, wrap } from "./envelope.js";
import { Session } from "./session.js";

interface SendOptions {
  readonly binary?: boolean | undefined;
}

interface Message {
  readonly data: string | Uint8Array;
  readonly options: SendOptions;
  readonly size: number;
  /** Told what became of the message: nothing for taken. */
  readonly settle: ((failure?: TrevorError) => void) | undefined;
}

export class SessionWire extends EventEmitter {
  readonly OPEN = 1;
  readonly protocol: string = PROTOCOL;
  // What is on its way is bounded by the window. To pause would keep the acknowledgements out as well.
  readonly isPaused = false;
  readyState = 1;

  readonly #settings: TrevorSettings;
  readonly #resume: ResumeLimits;
  readonly #session: Session<Message>;
  #ws: WebSocket | null = null;
  #leave: () => void = () => {};
  // The last ping that no pong has answered; it answers for those before it.
  #pinged: string | undefined;
  #away: NodeJS.Timeout | undefined;
  #telling: NodeJS.Timeout | undefined;

  constructor(settings: TrevorSettings, resume: ResumeLimits) {
    super();
    this.#settings = settings;
    this.#resume = resume;
    this.#session = new Session(resume);
  }

  /** Bytes that are not acknowledged; where messages are too many, enough to be too much. */
  get bufferedAmount(): number {
    const { bytes, full } = this.#session;
    return full ? Math.max(bytes, this.#resume.maxBytes) : bytes;
  }

  /** Goes on with a connection whose client has received so many. False when it cannot: the session has ended then. */
  attach(ws: WebSocket, socket: NetSocket, received: number): boolean {
    if (this.readyState !== this.OPEN) return false;
    if (!this.#session.resume(received)) {
      this.#end(1006, "impossible resume");
      return false;
    }
    this.#leaveConnection();
    this.#listen(ws, socket);
    if (this.#pinged !== undefined) ws.ping(this.#pinged);
    ws.send(control({ tag: "welcome", received: this.#session.received }));
    this.#tell();
    this.#flush();
    return true;
  }

  send(data: string | Uint8Array, options: SendOptions = {}, settle?: (failure?: TrevorError) => void): void {
    this.#session.push({ data, options, size: data.length, settle });
    this.#flush();
  }

  /** The socket's handler is done with the oldest message. */
  taken(): void {
    this.#session.take();
    // Once for all that is taken in one turn.
    this.#telling ??= setTimeout(() => this.#tell(), 0);
  }

  close(code: number, reason: string): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = 2;
    if (this.#ws !== null) this.#ws.close(code, reason);
    // As a connection that breaks: nobody has been told.
    else setImmediate(() => this.#end(1006, reason));
  }

  /** Ends the session without a word to its client. */
  terminate(reason = ""): void {
    this.#end(1006, reason);
  }

  pause(): void {}
  resume(): void {}

  /** Over this connection, or the next. */
  ping(data: string): void {
    this.#pinged = data;
    this.#ws?.ping(data);
  }

  #listen(ws: WebSocket, socket: NetSocket): void {
    let broken = false;
    const message = (data: Buffer, binary: boolean): void => this.#receive(data, binary);
    const ping = (data: Buffer): boolean => this.emit("ping", data);
    const pong = (data: Buffer): void => {
      if (data.toString() === this.#pinged) this.#pinged = undefined;
      this.emit("pong", data);
    };
    const error = (fault: Error): void => {
      broken = true;
      this.emit("error", fault);
    };
    const close = (code: number, reason: Buffer): void => {
      // Without a code nobody has closed the session: the connection is gone, and another may come.
      const gone = (code === 1005 || code === 1006) && !broken && this.readyState === this.OPEN;
      if (!gone) return this.#end(code, reason.toString());
      this.#leaveConnection();
      this.#away = setTimeout(() => this.terminate("not resumed"), this.#resume.keepMs);
      this.emit("away");
    };
    const heartbeat = new Heartbeat(ws, socket, this.#settings, { deaf: false, dead: () => ws.terminate() });
    ws.on("message", message).on("ping", ping).on("pong", pong).on("error", error).on("close", close);
    clearTimeout(this.#away);
    this.emit("back");
    this.#ws = ws;
    this.#leave = () => {
      heartbeat.stop();
      ws.off("message", message).off("ping", ping).off("pong", pong).off("error", error).off("close", close);
      ws.on("error", () => {});
    };
  }

  #leaveConnection(): void {
    const ws = this.#ws;
    this.#ws = null;
    this.#leave();
    this.#leave = () => {};
    ws?.terminate();
  }

  #receive(data: Buffer, binary: boolean): void {
    const said = binary || data[0] !== 1 ? null : unwrap(data.toString());
    if (binary || data[0] !== 1) this.#message(data, binary);
    else if (said?.tag === "message") this.#message(Buffer.from(said.text), false);
    else if (said?.tag === "taken") this.#acknowledge(said.count);
    else this.#breach("no such control");
  }

  #message(data: Buffer, binary: boolean): void {
    if (this.#session.receive(binary ? data.length : data.toString().length)) this.emit("message", data, binary);
    else this.#breach("more than the window");
  }

  #acknowledge(count: number): void {
    const taken = this.#session.acknowledge(count);
    if (taken === null) return this.#breach("impossible acknowledgement");
    for (const { settle } of taken) settle?.();
    this.#flush();
  }

  // The peer does not keep to the protocol.
  #breach(what: string): void {
    this.close(1002, what);
  }

  #flush(): void {
    if (this.#ws === null || this.readyState !== this.OPEN) return;
    for (let message = this.#session.next(); message !== undefined; message = this.#session.next()) {
      const { data, options } = message;
      this.#ws.send(options.binary === true ? data : wrapped(data), options);
    }
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (this.#ws === null || this.readyState !== this.OPEN) return;
    const count = this.#session.due();
    if (count !== null) this.#ws.send(control({ tag: "taken", count }));
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    clearTimeout(this.#away);
    clearTimeout(this.#telling);
    this.#leaveConnection();
    const { unknown, unsent } = this.#session.end();
    for (const { settle } of unknown) settle?.(lost());
    for (const { settle } of unsent) settle?.(closed());
    this.emit("close", code, Buffer.from(reason));
  }
}

// Text may have been encoded already.
function wrapped(data: string | Uint8Array): string | Uint8Array {
  if (typeof data === "string") return wrap(data);
  return data[0] === 1 ? Buffer.from(wrap(Buffer.from(data).toString())) : data;
}
