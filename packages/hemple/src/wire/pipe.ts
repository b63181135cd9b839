/**
 * What a line runs over: bytes both ways, in order, with an end. TCP, unix sockets, WebSockets and message ports are
 * pipes; where one chunk ends and the next begins says nothing.
 * Invariants: nothing is delivered before `listen`, nor while the pipe is paused as far as the transport can be; after
 * `closed` nothing is called any more.
 */

/** What a pipe tells. */
export interface PipeEvents {
  /** Bytes came; they belong to the receiver. */
  data(bytes: Uint8Array): void;
  /** A pipe that was congested takes more. */
  drained(): void;
  /** The pipe is closed; called once. */
  closed(error: Error | undefined): void;
}

export interface Pipe {
  /** Who is at the other end, as far as the transport knows: an address, or the kind of the transport. */
  readonly address: string;
  /** True while what was written waits for the other side. */
  readonly congested: boolean;
  /** Bytes that were written and wait for the other side, as far as the transport knows. */
  readonly unsent: number;
  /** Begins to deliver, unless the pipe is paused; called once. */
  listen(events: PipeEvents): void;
  pause(): void;
  resume(): void;
  /** Sends bytes, which belong to the pipe from then on. After the end of the pipe they are dropped. */
  write(bytes: Uint8Array): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes now. */
  destroy(): void;
}
