/**
 * What the server and its page say to each other over the WebSocket.
 */
import type { Meta } from "@good-place/shawn";
import * as z from "zod/mini";
import { type AskName, asks } from "./asks.js";
import type { OfficeSnapshot } from "./domain/office.js";

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

const JournalRecordSchema = z.object({
  seq: z.int(),
  name: z.string(),
  payload: z.unknown(),
  meta: z.custom<Meta>(isObject),
});

/** What the server says. The envelope comes first, then every act as it becomes durable. */
export const ServerMessage = z.discriminatedUnion("tag", [
  z.object({
    tag: z.literal("envelope"),
    seq: z.int(),
    envelope: z.custom<OfficeSnapshot>(isObject),
    /** The minute after midnight at which this person's day begins. */
    dayStart: z.int(),
    /** The day on which this person's week begins: 1 is Monday, 7 Sunday. */
    weekStart: z.int(),
  }),
  z.object({ tag: z.literal("acts"), records: z.array(JournalRecordSchema) }),
  /** The answers to the ask of this command. */
  z.object({ tag: z.literal("confirmed"), command: z.string(), act: z.string(), about: z.string() }),
  z.object({ tag: z.literal("refused"), command: z.string(), code: z.string(), message: z.string() }),
]);
export type ServerMessage = z.output<typeof ServerMessage>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
