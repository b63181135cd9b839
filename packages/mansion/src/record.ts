/**
 * The bytes of one stored record and of a journal's head. This is the format that every later version must still read;
 * a change of layout takes a new format number. All numbers are big-endian.
 *
 *   key     8 bytes: the record's seq; the head has key 0
 *   record  0 format (1) · 1 flags (1: payload is escaped, see plain.ts) · 2 zero u16 · 4 CRC-32 u32 of all other bytes
 *           8 seq u64 · 16 SHA-256 of the whole value before this one (the lineage, for record 1), 32 bytes
 *           48 body: JSON in UTF-8, { name, meta, payload }
 *   head    the same with the count of records as seq, the lineage at 16, and as body the SHA-256 of the last value
 *           (the lineage while there is none). The lineage is 32 random bytes, drawn once a journal.
 */

import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { JournalRecord } from "@good-place/shawn";
import { decodeRecordBody, encodeRecordBody } from "./body.js";
import type { Damage } from "./errors.js";

const format = 1;
const escapedFlag = 1;
const bodyAt = 48;
const headSize = bodyAt + 32;

/** Where a journal ends: what the next record continues. */
export interface Head {
  readonly count: number;
  readonly lineage: Buffer;
  readonly hash: Buffer;
}

/** The LMDB key of a record; 0 is the head's. */
export function keyOf(seq: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(seq));
  return key;
}

/** The seq that a key stands for, or undefined if it is none of ours. */
export function seqOf(key: unknown): number | undefined {
  if (!(key instanceof Uint8Array) || key.length !== 8) return undefined;
  let seq = 0;
  for (let at = 0; at < 8; at++) seq = seq * 256 + (key[at] as number);
  return Number.isSafeInteger(seq) ? seq : undefined;
}

/** SHA-256 of a stored value: what the value after it carries. */
export function hashOf(value: Uint8Array): Buffer {
  return Buffer.from(hashText(value), "latin1");
}

/** The same as text of 32 characters, a byte each: it costs Node half of what bytes cost, and is compared as fast. */
export function hashText(value: Uint8Array): string {
  return hash("sha256", value, "binary");
}

/** The bytes of a record that follows the value with hash `previous`. Throws JOURNAL_RECORD for what is no record. */
export function encodeRecord(record: JournalRecord, previous: Buffer): Buffer {
  const { text, escaped } = encodeRecordBody(record);
  return encodeFrame(record.seq, previous, Buffer.from(text, "utf8"), escaped ? escapedFlag : 0);
}

/** The record of a value that `checkRecord` found sound; undefined where its text is not that of a record. */
export function decodeRecord(value: Buffer, seq: number): JournalRecord | undefined {
  return decodeRecordBody({ text: value.toString("utf8", bodyAt), escaped: value[1] === escapedFlag }, seq);
}

/** The bytes of a head. */
export function encodeHead(head: Head): Buffer {
  return encodeFrame(head.count, head.lineage, head.hash);
}

/** Reads a head, or says what is wrong with it. */
export function decodeHead(value: Buffer): Head | Damage {
  const damage = checkFrame(value) ?? (value.length === headSize && value[1] === 0 ? undefined : "format");
  if (damage !== undefined) return damage;
  return { count: frameSeq(value), lineage: value.subarray(16, bodyAt), hash: value.subarray(bodyAt) };
}

/** What is wrong with a record's value, if anything: it must be sound in itself, be `seq` and follow the hash `previous`, if given. */
export function checkRecord(value: Buffer, seq: number, previous?: string): Damage | undefined {
  const damage = checkFrame(value);
  if (damage !== undefined) return damage;
  if (frameSeq(value) !== seq) return "sequence";
  if (previous === undefined) return undefined;
  return value.toString("latin1", 16, bodyAt) === previous ? undefined : "chain";
}

/** The bytes of a frame. */
export function encodeFrame(seq: number, previous: Buffer, body: Buffer, flags: number = 0): Buffer {
  const value = Buffer.alloc(bodyAt + body.length);
  value[0] = format;
  value[1] = flags;
  value.writeBigUInt64BE(BigInt(seq), 8);
  previous.copy(value, 16);
  body.copy(value, bodyAt);
  value.writeUInt32BE(checksum(value), 4);
  return value;
}

/** What is wrong with a frame in itself. The format is looked at first: only it says where the checksum is. */
export function checkFrame(value: Buffer): Damage | undefined {
  if (value.length < bodyAt || value[0] !== format) return "format";
  if (value.readUInt32BE(4) !== checksum(value)) return "crc";
  return (value[1] as number) > escapedFlag || value.readUInt16BE(2) !== 0 ? "format" : undefined;
}

// The CRC of the bytes before the checksum, by the flags: they are the same four in every sound value.
const begins = [0, escapedFlag].map((flags) => crc32(Uint8Array.of(format, flags, 0, 0)));

function checksum(value: Buffer): number {
  const known = value[0] === format && value[2] === 0 && value[3] === 0 ? begins[value[1] as number] : undefined;
  return crc32(value.subarray(8), known ?? crc32(value.subarray(0, 4)));
}

/** The hash that a frame carries of what is before it. */
export function previousOf(value: Buffer): Buffer {
  return value.subarray(16, bodyAt);
}

/** What a frame is around. */
export function bodyOf(value: Buffer): Buffer {
  return value.subarray(bodyAt);
}

/** The number that a frame carries. */
export function frameSeq(value: Buffer): number {
  return value.readUInt32BE(8) * 2 ** 32 + value.readUInt32BE(12);
}
