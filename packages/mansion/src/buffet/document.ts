/**
 * The bytes of a document and of what a buffet notes about itself, and the keys that they stand under.
 *   key     of a document: its id as order.ts writes a string; of the note: 00, which no id begins with
 *   value   0 format (1) · 1 flags (1: the text has escapes, see plain.ts) · 2 zero u16 · 4 CRC-32 u32 of the key and of
 *           all other bytes · 8 JSON in UTF-8
 * The checksum covers the key, so a document that stands in another's place is found.
 */

import { crc32 } from "node:zlib";
import { misuse } from "@good-place/channel/misuse";
import { decodePlain, encodePlain } from "../plain.js";
import { encodeValue } from "./order.js";

/** How large the text of one document may be, in bytes. */
export const MAX_DOCUMENT_BYTES: number = 16 * 1024 * 1024;

/** The key of the note that a buffet keeps of itself. */
export const NOTE_KEY: Buffer = Buffer.from([0]);

const format = 1;
const escapedFlag = 1;
const bodyAt = 8;

/** The id, if it is one. Throws BUFFET_ID. */
export function checkId(id: unknown): string {
  if (typeof id === "string" && id.length > 0 && id.length <= 128 && !/\p{Cc}|\p{Cs}/u.test(id)) return id;
  const got = typeof id === "string" ? `a string of ${id.length} characters` : typeof id;
  const text = `the id of a document is a string of 1 to 128 characters, without control characters, got ${got}`;
  throw misuse("type", "BUFFET_ID", `${text}: choose such an id`);
}

/** The key of a document. */
export function documentKey(id: string): Buffer {
  return encodeValue(id);
}

/** The bytes of an id behind the value in an index. */
export function idBytes(key: Buffer): Buffer {
  return key.subarray(1, -1);
}

/** The key of the document whose id these bytes are. */
export function keyOfIdBytes(bytes: Uint8Array): Buffer {
  return Buffer.concat([idTag, bytes, idEnd]);
}

const idTag = Buffer.from([6]);
const idEnd = Buffer.from([0]);

/** The value of plain data under a key. Throws JOURNAL_RECORD, naming the place, for what is not plain. */
export function encodeBody(key: Buffer, data: unknown): Buffer {
  const { value, escaped } = encodePlain(data, "document");
  const text = Buffer.from(JSON.stringify(value), "utf8");
  const bytes = Buffer.alloc(bodyAt + text.length);
  bytes[0] = format;
  bytes[1] = escaped ? escapedFlag : 0;
  text.copy(bytes, bodyAt);
  bytes.writeUInt32BE(checksum(key, bytes), 4);
  return bytes;
}

/** The data of a value, or what is wrong with it. */
export function decodeBody(key: Buffer, bytes: Buffer): { readonly data: unknown } | string {
  if (bytes.length < bodyAt || bytes[0] !== format) return "its bytes are in no format that this version knows";
  if (bytes.readUInt32BE(4) !== checksum(key, bytes)) return "its bytes are not those that were written";
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", bodyAt));
    return { data: bytes[1] === escapedFlag ? decodePlain(value) : value };
  } catch {
    return "its text is not that of a document";
  }
}

function checksum(key: Buffer, bytes: Buffer): number {
  return crc32(bytes.subarray(bodyAt), crc32(bytes.subarray(0, 4), crc32(key)));
}
