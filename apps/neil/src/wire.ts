/**
 * What the server and its page say to each other over the WebSocket.
 */
import * as z from "zod/mini";
import { type AskName, asks } from "./asks.js";
import type { News } from "./domain/shown.js";

function messageOf<Name extends AskName>(name: Name) {
  return z.strictObject({ name: z.literal(name), input: asks[name] as (typeof asks)[Name] });
}

/** What the page asks for: the same asks as the command line's, as far as the page has them. */
export const PageMessage = z.discriminatedUnion("name", [
  messageOf("task/start"),
  messageOf("task/stop"),
  messageOf("task/switch"),
  messageOf("interval/edit"),
  messageOf("interval/remove"),
  messageOf("away/decide"),
  messageOf("step/undo"),
]);
export type PageMessage = z.input<typeof PageMessage>;

/** What the server says. The page comes first, then its news as acts become durable. */
export const ServerMessage = z.discriminatedUnion("tag", [
  z.object({
    tag: z.literal("page"),
    news: z.custom<News>(isObject),
    /** The minute after midnight at which this person's day begins. */
    dayStart: z.int(),
  }),
  z.object({ tag: z.literal("news"), news: z.custom<News>(isObject) }),
  /** The answers to the ask of this command. */
  z.object({ tag: z.literal("confirmed"), command: z.string(), act: z.string(), about: z.string() }),
  z.object({ tag: z.literal("refused"), command: z.string(), code: z.string(), message: z.string() }),
]);
export type ServerMessage = z.output<typeof ServerMessage>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
