/**
 * What both clients do about connections: make one, pass on what happens on it in order, wait when it has ended, and make
 * the next. Runs in browsers.
 */
import { type Channel, CLOSED, channel, select, sleep, timeout, unbounded } from "@good-place/channel";
import { describe, misuse } from "@good-place/channel/misuse";
import type { Frame } from "../schema.js";
import { backoffMs, type RetryRules } from "./backoff.js";
import type { Talk, WebSocketLike } from "./way.js";

export type WebSocketMaker = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface Dialed {
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  readonly WebSocket: WebSocketMaker;
  readonly openMs: number;
  readonly retry: RetryRules;
}

type WireEvent =
  | { readonly tag: "open" }
  | { readonly tag: "frame"; readonly frame: Frame }
  | { readonly tag: "close"; readonly code: number; readonly reason: string };

/** Connects again and again. Ends when `retry.stop` says so of a close. */
export function* dialing(
  dialed: Dialed,
  talkOver: (socket: WebSocketLike) => Talk,
  told: { readonly connecting: () => void; readonly waiting: (ms: number) => void },
): Generator<unknown, void, never> {
  for (let failures = 0; ; failures++) {
    told.connecting();
    const { ready, code, reason } = yield* connection(dialed, talkOver);
    if (dialed.retry.stop(code, reason)) return;
    if (ready) failures = 0;
    const ms = backoffMs(failures, dialed.retry, Math.random());
    // A server that is too busy says so with 1013.
    const wait = code === 1013 ? Math.max(ms, dialed.retry.busyMs) : ms;
    told.waiting(wait);
    yield* sleep(wait);
  }
}

// One connection, from the attempt to its end.
function* connection(
  { url, protocols, WebSocket, openMs }: Dialed,
  talkOver: (socket: WebSocketLike) => Talk,
): Generator<unknown, { ready: boolean; code: number; reason: string }, never> {
  const socket = new WebSocket(url, protocols);
  const events = listen(socket);
  const talk = talkOver(socket);
  try {
    for (;;) {
      const event = yield* next(events, talk.ready ? undefined : openMs);
      if (event.tag === "close") return { ready: talk.ready, code: event.code, reason: event.reason };
      if (event.tag === "frame") yield* talk.frame(event.frame);
      else talk.opened();
    }
  } finally {
    talk.ended();
    // After a deadline it is still there; closing a closed one is nothing.
    socket.close();
  }
}

const OPEN = 1;
const broken: WireEvent = { tag: "close", code: 1006, reason: "" };

// The next event; a close when none comes in time.
function* next(events: Channel<WireEvent>, withinMs: number | undefined): Generator<unknown, WireEvent, never> {
  if (withinMs === undefined) {
    const event = yield* events.take();
    return event === CLOSED ? broken : event;
  }
  const hit = yield* select([events, timeout(withinMs)]);
  return hit.tag === "take" ? hit.value : broken;
}

// What happens on the connection, in its order, as values.
function listen(socket: WebSocketLike): Channel<WireEvent> {
  const events = channel<WireEvent>(unbounded());
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => events.tryGive({ tag: "open" }));
  socket.addEventListener("close", ({ code, reason }: { code: number; reason: string }) => {
    events.tryGive({ tag: "close", code, reason });
  });
  // A close follows, which is what counts; without a listener some implementations would throw.
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
    // Browsers let nothing through behind our close, others do: a server that floods on would fill the memory.
    if (socket.readyState !== OPEN) return;
    events.tryGive({ tag: "frame", frame: typeof data === "string" ? data : new Uint8Array(data) });
  });
  return events;
}

/** The constructor to use. Throws NO_WEBSOCKET. */
export function makerOf(given: WebSocketMaker | undefined): WebSocketMaker {
  const maker = given ?? (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
  if (typeof maker === "function") return maker;
  throw misuse(
    "type",
    "NO_WEBSOCKET",
    `there is no global WebSocket here: pass one as WebSocket, got ${describe(given)}`,
  );
}
