/**
 * The receiving side of a socket: frames from the first byte on, in order, until the reader takes them. Past a few, or
 * past some bytes, reading from the wire pauses, so that a slow reader slows its peer and not the process.
 * Frames that come faster than the rate allows are told to whoever limits it.
 * Invariant: what is held is bounded by the limits below, one chunk of the wire, and one message.
 */
import { type Channel, type Closed, channel, type Op, unbounded } from "@good-place/channel";
import type { WebSocket } from "ws";
import type { Frame } from "../schema.js";
import type { Rate } from "./rate.js";

/** A connection, or a session of several, which has to know what is taken. */
type Wire = WebSocket & { taken?(): void };

export interface IncomingHost {
  /** More has come than the rate allows. */
  flooded(): void;
}

const MANY_FRAMES = 32;
const MANY_BYTES = 256 * 1024;

export class Incoming {
  readonly #ws: Wire;
  readonly #frames: Channel<Frame> = channel(unbounded());
  readonly #rate: Rate | null;
  readonly #host: IncomingHost;
  #count = 0;
  #bytes = 0;
  #discarding = false;

  constructor(ws: Wire, rate: Rate | null, host: IncomingHost) {
    this.#ws = ws;
    this.#rate = rate;
    this.#host = host;
    ws.on("message", (data: Buffer, binary: boolean) => this.#receive(data, binary));
    if (rate === null) return;
    ws.on("ping", () => this.#allowed());
    ws.on("pong", () => this.#allowed());
  }

  /** True while nothing is read from the wire, pongs included. */
  get paused(): boolean {
    return this.#ws.isPaused;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** The next frame; CLOSED after the last. Whoever has taken one says `taken` when it is done with it. */
  take(): Op<Frame | Closed> {
    return this.#frames.take();
  }

  taken(frame: Frame): void {
    this.#count--;
    this.#bytes -= frame.length;
    this.#ws.taken?.();
    if (this.#ws.isPaused && this.#count < MANY_FRAMES / 2 && this.#bytes < MANY_BYTES / 2) {
      this.#ws.resume();
      this.#rate?.pause(false);
    }
  }

  /** Nothing more comes: what is held can still be taken. */
  finish(): void {
    this.#frames.close();
  }

  /** Nothing more is wanted: what comes is thrown away, so that the peer's closing can be read behind it. */
  discard(): void {
    if (this.#discarding) return;
    this.#discarding = true;
    this.#frames.close();
    while (typeof this.#frames.tryTake() !== "symbol");
    this.#count = 0;
    this.#ws.resume();
  }

  // Whether one more is within the rate. Whoever is told of one that is not closes, and discards.
  #allowed(): boolean {
    if (this.#discarding || this.#rate === null || this.#rate.take()) return true;
    this.#host.flooded();
    return false;
  }

  #receive(data: Buffer, binary: boolean): void {
    if (this.#discarding || !this.#allowed()) return;
    const frame = binary ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data.toString();
    this.#count++;
    this.#bytes += frame.length;
    if (!this.#ws.isPaused && (this.#count >= MANY_FRAMES || this.#bytes >= MANY_BYTES)) {
      this.#ws.pause();
      this.#rate?.pause(true);
    }
    this.#frames.tryGive(frame);
  }
}
