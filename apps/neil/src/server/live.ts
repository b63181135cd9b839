/**
 * The page's line to the store: it gets the envelope, then every act once it is durable, and asks for what the command
 * line asks for.
 */
import { timingSafeEqual } from "node:crypto";
import type { Shawn } from "@good-place/shawn";
import { type Live, trevor } from "@good-place/trevor";
import type * as z from "zod/mini";
import { type Office, snapshotOf } from "../domain/office.js";
import type { Settings } from "../settings.js";
import { PageMessage, type ServerMessage } from "../wire.js";
import { fulfil } from "./fulfil.js";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

export interface LiveOptions {
  /** What a page has to show: whoever else has an account on this machine does not know it. */
  readonly key: string;
  /** When a day and a week begin; asked anew by every page. */
  readonly settings: () => Pick<Settings, "dayStart" | "weekStart">;
}

export function live(office: Shawn<Office>, { key, settings }: LiveOptions): Live {
  const say = (message: ServerMessage): ServerMessage => message;
  const socket = trevor({
    path: "/live",
    // A page that does not answer the close must not hold up the end of the server.
    closeMs: 800,
    schema: PageMessage,
    // Only a page that this server has given out on this machine. The host is compared too: a foreign name that was made
    // to point here has the same origin as itself.
    check: ({ headers, query }) => {
      const host = headers.get("host") ?? "";
      return LOOPBACK.test(host) && headers.get("origin") === `http://${host}` && same(query.get("key") ?? "", key);
    },
    connect(socket) {
      // In one step, so that no act falls between the envelope and the first broadcast.
      socket.join("office");
      const { seq, envelope } = office.durable;
      const { dayStart, weekStart } = settings();
      return socket.write(say({ tag: "envelope", seq, envelope: snapshotOf(envelope), dayStart, weekStart }));
    },
    *read(socket, { name, input }: z.output<typeof PageMessage>) {
      const { command } = input;
      try {
        const { act, about } = yield* fulfil(office, name, input as never, { by: "the page" });
        yield* socket.write(say({ tag: "confirmed", command, act, about }));
      } catch (error) {
        const { code, message } = error as { code?: unknown; message?: unknown };
        if (typeof code !== "string") throw error;
        yield* socket.write(say({ tag: "refused", command, code, message: String(message) }));
      }
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

// In a time that tells nothing of how much was right.
function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
