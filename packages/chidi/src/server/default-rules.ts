/**
 * What the server does about its own signals when no rule of the user takes them: a handler's failure that goes no
 * further is printed, because the client was told nothing of it.
 */

import type { ErrorSignal, TimeoutSignal } from "../connection/signal.js";
import type { DefaultRule } from "./rules.js";

export const defaultRules: Readonly<Record<string, DefaultRule>> = {
  error(signal: ErrorSignal, last) {
    if (last) print(signal);
  },
  timeout(signal: TimeoutSignal, last) {
    if (last && signal.which === "handler") print(signal);
  },
};

function print({ error, request }: Pick<ErrorSignal, "error" | "request">): void {
  const where = request === undefined ? "a fiber" : `${request.method} ${request.path}`;
  console.error(`chidi: ${where} failed:`, error);
}
