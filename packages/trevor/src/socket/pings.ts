/**
 * Pings that somebody waits for. A pong answers its ping and all before it: a peer may leave older ones out.
 */
import { now, type Op, until } from "@good-place/channel";
import type { WebSocket } from "ws";

interface Ping {
  readonly id: number;
  readonly sentAt: number;
  readonly answer: (ms: number | null) => void;
}

export class Pings {
  readonly #ws: WebSocket;
  #waiting: Ping[] = [];
  #last = 0;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("pong", (data: Buffer) => this.#pong(data));
  }

  /** Settles with the milliseconds to the peer and back; null when the socket closes before. */
  ping(): Op<number | null> {
    return until(
      new Promise<number | null>((resolve) => {
        if (this.#ws.readyState !== this.#ws.OPEN) return resolve(null);
        const id = ++this.#last;
        this.#waiting.push({ id, sentAt: now(), answer: resolve });
        this.#ws.ping(String(id));
      }),
    );
  }

  /** The socket has closed: nothing answers any more. */
  end(): void {
    for (const { answer } of this.#waiting.splice(0)) answer(null);
  }

  #pong(data: Buffer): void {
    const at = this.#waiting.findIndex(({ id }) => String(id) === data.toString());
    if (at === -1) return;
    const time = now();
    for (const { sentAt, answer } of this.#waiting.splice(0, at + 1)) answer(time - sentAt);
  }
}
