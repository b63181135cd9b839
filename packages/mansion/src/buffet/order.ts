/**
 * The order of what can be indexed, as bytes: of two values the one that comes first has the bytes that come first.
 *   missing < null < false < true < numbers (-Infinity to Infinity, then NaN; -0 is 0) < strings (as JavaScript's `<`)
 * The encoding of no value begins that of another, so values can stand in front of other bytes in one key.
 *
 * Own bytes instead of the `ordered-binary` that comes with lmdb: that one does not escape the zeros of strings of 64
 * characters and more, loses lone surrogates, and orders characters behind U+FFFF otherwise than JavaScript does.
 *   01 missing · 02 null · 03 false · 04 true
 *   05 number: 8 bytes big-endian IEEE 754, with the sign bit flipped, or all bits if it was set
 *   06 string: each UTF-16 unit as one to three bytes in the manner of UTF-8, 00 as 00 FF, and 00 at its end
 */

/** What an index orders; undefined stands for a field that is not there. */
export type Scalar = string | number | boolean | null;

/** Above every byte that follows a value or begins an id. */
export const TOP: Buffer = Buffer.from([0xff]);

const tags = { missing: 1, null: 2, false: 3, true: 4, number: 5, string: 6 } as const;
const singles = [0, 1, 2, 3, 4].map((tag) => Buffer.from([tag])) as [Buffer, Buffer, Buffer, Buffer, Buffer];
const notANumber = Buffer.from("05fff8000000000000", "hex");

/** The bytes of a value. What is no Scalar or undefined is none of its business. */
export function encodeValue(value: Scalar | undefined): Buffer {
  if (typeof value === "string") return Buffer.concat([stringTag, unitsOf(value), zero]);
  if (typeof value === "number") return encodeNumber(value);
  if (value === undefined) return singles[tags.missing];
  if (value === null) return singles[tags.null];
  return singles[value ? tags.true : tags.false];
}

/** The bytes with which exactly the strings that start with this one begin. */
export function encodeStart(start: string): Buffer {
  return Buffer.concat([stringTag, unitsOf(start)]);
}

/** From where to where values of the kind of this one stand. */
export function kindOf(value: Scalar): { readonly from: Buffer; readonly to: Buffer } {
  const tag = encodeValue(value)[0] as number;
  if (typeof value === "boolean") return { from: Buffer.from([tags.false]), to: Buffer.from([tags.true + 1]) };
  return { from: Buffer.from([tag]), to: Buffer.from([tag + 1]) };
}

/** Where the value that begins at `at` ends. */
export function endOfValue(bytes: Uint8Array, at: number): number {
  const tag = bytes[at];
  if (tag === tags.number) return at + 9;
  if (tag !== tags.string) return at + 1;
  let end = bytes.indexOf(0, at + 1);
  while (bytes[end + 1] === 0xff) end = bytes.indexOf(0, end + 2);
  return end + 1;
}

const stringTag = Buffer.from([tags.string]);
const zero = Buffer.from([0]);

function encodeNumber(value: number): Buffer {
  if (Number.isNaN(value)) return notANumber;
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = tags.number;
  bytes.writeDoubleBE(value === 0 ? 0 : value, 1);
  if (value < 0) for (let at = 1; at < 9; at++) bytes[at] = ~(bytes[at] as number);
  else bytes[1] = (bytes[1] as number) | 0x80;
  return bytes;
}

// UTF-8 is in the order of UTF-16 units, and unlike them well-formed, as long as there are no surrogates.
const special = /[\ud800-\udfff\0]/;

/** The units of a text, escaped, without an end. */
export function unitsOf(text: string): Buffer {
  if (!special.test(text)) return Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === 0) bytes.push(0, 0xff);
    else if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}
