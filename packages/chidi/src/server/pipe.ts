/**
 * Two ends of a connection inside the process, enough like sockets for node's HTTP to speak over them.
 * Invariant: a write completes when the other end has taken it, so that both ends feel each other's pace.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

class End extends Duplex {
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 0;
  bytesWritten = 0;
  peer: End | null = null;
  // Goes on with the write of the other end.
  #taken: (() => void) | null = null;

  override _read(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.bytesWritten += chunk.length;
    process.nextTick(() => {
      const { peer } = this;
      if (peer === null || peer.destroyed) done(Object.assign(new Error("the other end is gone"), { code: "EPIPE" }));
      else if (peer.push(chunk)) done();
      else peer.#taken = done;
    });
  }

  override _final(done: () => void): void {
    process.nextTick(() => {
      if (this.peer?.destroyed === false) this.peer.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this._read();
    // Cut off in the middle; an end that has said so itself leaves the other to read what is still there.
    if (peer !== null && !this.writableFinished) process.nextTick(() => peer.destroy());
    done(error);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** Makes two ends that are connected. */
export function pipe(): [Socket, Socket] {
  const ends = [new End(), new End()] as const;
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends as unknown as [Socket, Socket];
}
