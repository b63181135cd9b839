/**
 * The page's line to the store: it gets the envelope, then every act once it is durable, and may ask for acts itself.
 */
import type { Shawn } from "@good-place/shawn";
import { type Live, trevor } from "@good-place/trevor";
import { type Office, snapshotOf } from "../domain/office.js";
import { PageMessage, type ServerMessage } from "../wire.js";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export function live(office: Shawn<Office>): Live {
  const say = (message: ServerMessage): ServerMessage => message;
  const socket = trevor({
    path: "/live",
    // A page that does not answer the close must not hold up the end of the server.
    closeMs: 800,
    schema: PageMessage,
    // Only a page that this server has given out on this machine. The host is compared too: a foreign name that was made
    // to point here has the same origin as itself.
    check: ({ headers }) => {
      const host = headers.get("host") ?? "";
      return LOOPBACK.test(host) && headers.get("origin") === `http://${host}`;
    },
    connect(socket) {
      // In one step, so that no act falls between the envelope and the first broadcast.
      socket.join("office");
      const { seq, envelope } = office.durable;
      return socket.write(say({ tag: "envelope", seq, envelope: snapshotOf(envelope) }));
    },
    *read(socket, { id, act }: PageMessage) {
      try {
        yield* socket.emerge(act);
      } catch (error) {
        const { code, message } = error as { code?: unknown; message?: unknown };
        if (typeof code !== "string") throw error;
        yield* socket.write(say({ tag: "refused", id, code, message: String(message) }));
        return;
      }
      yield* socket.write(say({ tag: "confirmed", id }));
    },
  });
  office.subscribe((_next, _previous, confirmed) => {
    const records = confirmed.map(({ name, payload, meta }) => ({ seq: meta.seq, name, payload, meta }));
    // What is not durable is nobody else's to see. After a failed journal the server stops; the page learns by that.
    office.settled().then(
      () => socket.broadcast("office", say({ tag: "acts", records })),
      () => {},
    );
  });
  return socket;
}
