/**
 * What becomes of an endpoint's own signals when no rule of the user takes them. A handler's failure is told to the peer
 * in its safe form and closes the socket; what the peer is not told is printed.
 */
import type { SignalHandler } from "@good-place/channel";
import { safeError, TrevorError } from "./errors.js";
import type { LiveSocket } from "./live-socket.js";
import type { SocketError } from "./socket.js";

export const defaultRules: Readonly<Record<string, SignalHandler<never>>> = {
  conn() {},
  close() {},
  ok() {},
  cancelled() {},
  error({ error, phase, socket, request }: SocketError) {
    if (!(error instanceof TrevorError))
      console.error(`trevor: ${phase ?? "a fiber"} on ${request?.path} failed:`, error);
    if (socket === undefined) return;
    (socket as LiveSocket).say(safeError(error));
    // Not waited for: a peer that does not answer the close must not hold up the signals of the others.
    void socket.close(1011, "internal error");
  },
};
