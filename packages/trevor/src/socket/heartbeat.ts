/**
 * Tells a dead peer from a silent one: after a silence a ping, and when no byte answers it the socket is destroyed.
 * What counts as an answer is any byte, so a long message on a slow line is no silence. While reading is paused nothing
 * can be heard, and so nothing is concluded.
 */
import type { Socket as NetSocket } from "node:net";
import type { WebSocket } from "ws";

export interface HeartbeatTimes {
  readonly pingMs: number;
  readonly pongMs: number;
}

export interface HeartbeatHost {
  /** True while reading is paused. */
  readonly deaf: boolean;
  /** No byte has answered. */
  dead(): void;
}

// Its timers are told whose they are: a closure for each would be a good part of what an idle socket costs.
export class Heartbeat {
  readonly #ws: WebSocket;
  readonly #socket: NetSocket;
  readonly #times: HeartbeatTimes;
  readonly #host: HeartbeatHost;
  #heard = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ws: WebSocket, socket: NetSocket, times: HeartbeatTimes, host: HeartbeatHost) {
    this.#ws = ws;
    this.#socket = socket;
    this.#times = times;
    this.#host = host;
    if (times.pingMs > 0) this.#listen();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #silent(): boolean {
    return this.#socket.bytesRead === this.#heard && !this.#host.deaf;
  }

  #listen(): void {
    this.#heard = this.#socket.bytesRead;
    this.#timer = setTimeout(Heartbeat.#ask, this.#times.pingMs, this);
  }

  static #ask(beat: Heartbeat): void {
    if (!beat.#silent) return beat.#listen();
    beat.#ws.ping();
    beat.#timer = setTimeout(Heartbeat.#judge, beat.#times.pongMs, beat);
  }

  static #judge(beat: Heartbeat): void {
    if (beat.#silent) beat.#host.dead();
    else beat.#listen();
  }
}
