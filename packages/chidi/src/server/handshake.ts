/**
 * A TLS handshake that failed: one `refused` signal of a connection that never came to be.
 */
import type { Socket } from "node:net";
import { type Fiber, go, type Signal } from "@good-place/channel";
import type { Floor } from "../connection/answering.js";
import { nextId } from "../connection/connection.js";
import type { Connection } from "../connection/signal.js";
import type { ChidiError } from "../errors.js";

/** Reports the failure. It is only counted while the rules are so far behind that its signal would have to wait: clients can make these at no cost. */
export function refuseHandshake(error: ChidiError, socket: Socket, floor: Floor): void {
  floor.counts.refused++;
  const { remoteAddress, remotePort } = socket;
  const fiber: Fiber<void> = go(
    function* refused(): Generator<never, void, never> {
      const connection: Connection = {
        id: nextId(),
        fiber,
        remoteAddress,
        remotePort,
        openedAt: Date.now(),
        requests: 0,
        close: () => {},
      };
      floor.signals.tryGive({ tag: "refused", error, connection, fiber } as Signal);
    },
    { name: "handshake" },
  );
}
