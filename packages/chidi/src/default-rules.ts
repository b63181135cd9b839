/**
 * What becomes of the server's own signals when no rule of the user takes them: a handler's failure is printed, because
 * the client was told nothing of it; all else is only counted.
 */
import type { SignalHandler } from "@good-place/channel";
import { ChidiError } from "./errors.js";
import type { ErrorSignal } from "./signal.js";

export const defaultRules: Readonly<Record<string, SignalHandler<never>>> = {
  conn() {},
  close() {},
  ok() {},
  cancelled() {},
  error({ error, request }: ErrorSignal) {
    // A refusal is the client's fault, and printing it would let any client fill the disk.
    if (error instanceof ChidiError && error.status !== undefined && error.status !== 500) return;
    const where = request === undefined ? "a fiber" : `${request.method} ${request.path}`;
    console.error(`chidi: ${where} failed:`, error);
  },
};
