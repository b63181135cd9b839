/**
 * What the server and its page say to each other over the WebSocket.
 */
import type { Meta } from "@good-place/shawn";
import * as z from "zod/mini";
import { StartTask, StopTask } from "./domain/acts/timer.js";
import type { OfficeSnapshot } from "./domain/office.js";

/** What the page asks: confirm one act. `id` is the page's own, and comes back in the answer. */
export const PageMessage = z.strictObject({
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  act: z.discriminatedUnion("name", [
    z.strictObject({ name: z.literal("task/start"), payload: StartTask }),
    z.strictObject({ name: z.literal("task/stop"), payload: StopTask }),
  ]),
});
export type PageMessage = z.output<typeof PageMessage>;

const JournalRecordSchema = z.object({
  seq: z.int(),
  name: z.string(),
  payload: z.unknown(),
  meta: z.custom<Meta>(isObject),
});

/** What the server says. The envelope comes first, then every act as it becomes durable. */
export const ServerMessage = z.discriminatedUnion("tag", [
  z.object({ tag: z.literal("envelope"), seq: z.int(), envelope: z.custom<OfficeSnapshot>(isObject) }),
  z.object({ tag: z.literal("acts"), records: z.array(JournalRecordSchema) }),
  z.object({ tag: z.literal("confirmed"), id: z.string() }),
  z.object({ tag: z.literal("refused"), id: z.string(), code: z.string(), message: z.string() }),
]);
export type ServerMessage = z.output<typeof ServerMessage>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
