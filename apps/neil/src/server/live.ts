/**
 * The page's line to the store: it gets what it shows, then what is another once that is durable, and asks for what the
 * command line asks for.
 */
import { timingSafeEqual } from "node:crypto";
import type { Shawn } from "@good-place/shawn";
import { type Live, trevor } from "@good-place/trevor";
import type * as z from "zod/mini";
import { now } from "../clock.js";
import type { Office } from "../domain/office.js";
import { NOTHING_SHOWN, newsOf, type Shown, shownOf } from "../domain/shown.js";
import type { Settings } from "../settings.js";
import { PageMessage, type ServerMessage } from "../wire.js";
import { fulfil } from "./fulfil.js";

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

const NO_NEWS = { put: {}, drop: {} };

export interface LiveOptions {
  /** What a page has to show: whoever else has an account on this machine does not know it. */
  readonly key: string;
  /** When a day begins; asked anew by every page. */
  readonly settings: () => Pick<Settings, "dayStart">;
}

export function live(office: Shawn<Office>, { key, settings }: LiveOptions): Live {
  const say = (message: ServerMessage): ServerMessage => message;
  // What every page shows that is connected.
  let shown: Shown = NOTHING_SHOWN;
  const follow = (): void => {
    const before = shown;
    shown = shownOf(office.durable.envelope, now());
    const news = newsOf(before, shown);
    if (news !== undefined) socket.broadcast("office", say({ tag: "news", news }));
  };
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
      // In one step: the pages that are there come to what this one begins with.
      follow();
      socket.join("office");
      const { dayStart } = settings();
      return socket.write(say({ tag: "page", news: newsOf(NOTHING_SHOWN, shown) ?? NO_NEWS, dayStart }));
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
  office.subscribe(() => {
    // What is not durable is nobody else's to see. After a failed journal the server stops; the page learns by that.
    office.settled().then(
      () => socket.members("office").length > 0 && follow(),
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
