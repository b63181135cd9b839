/**
 * What a client tells its supervisor. It never waits for the supervisor.
 */

interface About {
  readonly method: string;
  readonly path: string;
}

/** A request will be sent again after `delayMs`, because of the error or the status. `attempt` is the number of the next one. */
export interface RetrySignal extends About {
  readonly tag: "retry";
  readonly attempt: number;
  readonly delayMs: number;
  readonly error?: unknown;
  readonly status?: number | undefined;
}

/** A request has failed for good. One that its caller cancelled has not. */
export interface RequestErrorSignal extends About {
  readonly tag: "error";
  readonly error: unknown;
}

export type ClientSignal = RetrySignal | RequestErrorSignal;
