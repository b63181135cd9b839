/**
 * What an endpoint does about its own signals when no rule of the user takes them. A handler's failure is told to the
 * peer in its safe form and closes the socket; one that goes no further is printed, if the peer was not told of it.
 */
import type { DefaultRule } from "@good-place/chidi";
import { safeError, TrevorError } from "./errors.js";
import type { LiveSocket } from "./socket/live-socket.js";
import type { SocketError } from "./socket/socket.js";

export const defaultRules: Readonly<Record<string, DefaultRule>> = {
  error({ error, phase, socket, request }: SocketError, last) {
    if (last && !(error instanceof TrevorError)) {
      console.error(`trevor: ${phase ?? "a fiber"} on ${request?.path} failed:`, error);
    }
    if (socket === undefined) return;
    (socket as LiveSocket).say(safeError(error));
    // Not waited for: a peer that does not answer the close must not hold up the signals of the others.
    void socket.close(1011, "internal error");
  },
};
