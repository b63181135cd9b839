/**
 * What the server does about its own signals when no rule of the user takes them: a handler's failure that goes no
 * further is printed, because the client was told nothing of it.
 */
import { ChidiError } from "./errors.js";
import type { DefaultRule } from "./rules.js";
import type { ErrorSignal } from "./signal.js";

export const defaultRules: Readonly<Record<string, DefaultRule>> = {
  error({ error, request }: ErrorSignal, last) {
    // A refusal is the client's fault, and printing it would let any client fill the disk.
    if (!last || (error instanceof ChidiError && error.status !== undefined && error.status !== 500)) return;
    const where = request === undefined ? "a fiber" : `${request.method} ${request.path}`;
    console.error(`chidi: ${where} failed:`, error);
  },
};
