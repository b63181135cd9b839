/**
 * What every contestant offers: the same small note, checked by the same schema, is sent and comes back; the same number of
 * notes is streamed; and a new connection is made and closed.
 */
import * as z from "zod/mini";

export const Note = z.strictObject({ project: z.string(), note: z.string(), at: z.number() });
export type Note = z.infer<typeof Note>;

/** Both ends of one connection, in this process. */
export interface Ends {
  echo(note: Note): PromiseLike<unknown>;
  /** Streams so many notes from the server, and gives how many have come. */
  stream(count: number): Promise<number>;
  /** Makes one more connection, ready for calls, and closes it. */
  connect(): Promise<void>;
}

export const host = "127.0.0.1";

/** A note of about so many bytes. */
export function noteOf(bytes: number): Note {
  return { project: "acme/site", note: "x".repeat(Math.max(0, bytes - 56)), at: 1_700_000_000_000 };
}

const item = noteOf(80);

/** What a server streams. */
export async function* notes(count: number): AsyncGenerator<Note> {
  for (let i = 0; i < count; i++) yield item;
}

export async function counted(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}
