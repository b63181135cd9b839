/**
 * Pages have no sockets but WebSockets.
 */
import { misuse } from "@good-place/channel/misuse";
import type { Pipe } from "../wire/pipe.js";
import type { Target } from "../wire/place.js";

export function openSocket({ name }: Extract<Target, { kind: "tcp" | "unix" }>, _abort: AbortSignal): Promise<Pipe> {
  throw misuse("type", "NOT_SUPPORTED", `a page cannot connect to ${name}: dial a url, or messages`);
}
