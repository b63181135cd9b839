/**
 * A record as text: what every kind of journal keeps of it, whatever it adds. Runs in browsers too.
 */

import { describe, misuse } from "@good-place/channel/misuse";
import type { JournalRecord, Meta } from "@good-place/shawn";
import { decodePlain, encodePlain } from "./plain.js";

/** JSON, { name, meta, payload }; `escaped` says that the payload has special values in it, see plain.ts. */
export interface Body {
  readonly text: string;
  readonly escaped: boolean;
}

/** The text of a record. Throws JOURNAL_RECORD for what is no record, naming the place. */
export function encodeRecordBody(record: JournalRecord): Body {
  const { name, meta, seq } = record;
  if (typeof name !== "string" || typeof meta !== "object" || meta === null) {
    throw misuse(
      "type",
      "JOURNAL_RECORD",
      `record ${seq} must be { seq, name, payload, meta }: name a string, meta an object`,
    );
  }
  // `cause` and `by` are always there when read, so they need no escape when they are undefined.
  const known = Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined));
  const payload = encodePlain(record.payload, "payload");
  if (encodePlain(known, "meta").escaped)
    throw misuse("type", "JOURNAL_RECORD", `record ${seq}: meta must be plain JSON, without NaN or bigint`);
  return { text: JSON.stringify({ name, meta: known, payload: payload.value }), escaped: payload.escaped };
}

/** The record of a text; undefined where it is not that of one. */
export function decodeRecordBody({ text, escaped }: Body, seq: number): JournalRecord | undefined {
  const body = parse({ text, escaped });
  if (typeof body?.name !== "string" || typeof body.meta !== "object" || body.meta === null) return undefined;
  const { payload } = body;
  // Nobody else has it, so what is always there is put in instead of into a copy.
  const meta = body.meta as { cause: unknown; by: unknown } & Meta;
  if (meta.cause === undefined) meta.cause = undefined;
  if (meta.by === undefined) meta.by = undefined;
  return { seq, name: body.name, payload, meta };
}

/** Checks where a replay starts or ends. Throws JOURNAL_FROM. */
export function assertNumber(what: string, seq: number): void {
  if (Number.isSafeInteger(seq) && seq >= 0) return;
  throw misuse("type", "JOURNAL_FROM", `${what} at a sequence number from 1 on, got ${describe(seq)}`);
}

function parse({ text, escaped }: Body): { name?: unknown; meta?: Meta | null; payload?: unknown } | null {
  try {
    const body = JSON.parse(text) as { name?: unknown; meta?: Meta | null; payload?: unknown } | null;
    return escaped && body !== null ? { ...body, payload: decodePlain(body.payload) } : body;
  } catch {
    return null;
  }
}
