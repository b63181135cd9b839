/**
 * The gate before the MessagePack decoder: one pass over the bytes that builds nothing. What passes is one complete
 * value of bounded depth and number, whose lengths fit what is there, with string keys, without `__proto__`, and
 * without extensions but timestamps and undefined. So no decoder feature that a hostile peer could use is reached.
 * Cost: about a third of the decoding itself.
 */

/** How deep values may nest. */
export const MAX_DEPTH = 64;
/** How many values, keys included, one message may hold. */
export const MAX_VALUES: number = 2 ** 18;

const PROTO = new TextEncoder().encode("__proto__");
const TIMESTAMP = 0xff;

/** Why the bytes are refused, or undefined when they may be decoded. */
export function scan(bytes: Uint8Array): string | undefined {
  const end = bytes.length;
  // What is still to come in each open container, keys and values counted apart; a map's has its flag.
  const left: number[] = [1];
  const isMap: boolean[] = [false];
  let at = 0;
  let values = 0;
  while (left.length > 0) {
    const top = left.length - 1;
    const rest = left[top] as number;
    if (rest === 0) {
      left.pop();
      isMap.pop();
      continue;
    }
    left[top] = rest - 1;
    if (at >= end) return "it ends early";
    if (++values > MAX_VALUES) return `it holds more than ${MAX_VALUES} values`;
    const token = bytes[at++] as number;
    // In a map an even rest means that a key comes now.
    const key = isMap[top] === true && rest % 2 === 0;
    if (token < 0x80 || token >= 0xe0) {
      if (key) return "a key is no string";
      continue;
    }
    const [kind, length, size] = head(token, bytes, at);
    if (kind === "bad") return "it holds a type that is not allowed";
    at += length;
    if (at > end || size > end - at) return "it ends early";
    if (key && kind !== "text") return "a key is no string";
    if (key && isProto(bytes, at, size)) return "a key is __proto__";
    if (kind === "list" || kind === "map") {
      if (left.length > MAX_DEPTH) return `it nests deeper than ${MAX_DEPTH}`;
      const items = kind === "map" ? size * 2 : size;
      if (items > end - at) return "it ends early";
      left.push(items);
      isMap.push(kind === "map");
    } else at += size;
  }
  return at === end ? undefined : "something follows it";
}

type Head = readonly ["flat" | "text" | "list" | "map" | "bad", header: number, size: number];

const BAD: Head = ["bad", 0, 0];

// Of a token: what it is, how many bytes of length follow, and its size: bytes, or items of a container.
function head(token: number, bytes: Uint8Array, at: number): Head {
  if (token < 0x90) return ["map", 0, token & 0x0f];
  if (token < 0xa0) return ["list", 0, token & 0x0f];
  if (token < 0xc0) return ["text", 0, token & 0x1f];
  if (token === 0xc0 || token === 0xc2 || token === 0xc3) return ["flat", 0, 0];
  if (token >= 0xc4 && token <= 0xc6) return counted("flat", 1 << (token - 0xc4), bytes, at);
  // Extensions: undefined as msgpackr writes it, and the three sizes of a timestamp.
  if (token === 0xd4) return bytes[at] === 0 ? ["flat", 0, 2] : BAD;
  if (token === 0xd6 || token === 0xd7) return bytes[at] === TIMESTAMP ? ["flat", 0, token === 0xd6 ? 5 : 9] : BAD;
  if (token === 0xc7) return bytes[at] === 12 && bytes[at + 1] === TIMESTAMP ? ["flat", 0, 14] : BAD;
  if (token === 0xca) return ["flat", 0, 4];
  if (token === 0xcb) return ["flat", 0, 8];
  if (token >= 0xcc && token <= 0xcf) return ["flat", 0, 1 << (token - 0xcc)];
  if (token >= 0xd0 && token <= 0xd3) return ["flat", 0, 1 << (token - 0xd0)];
  if (token >= 0xd9 && token <= 0xdb) return counted("text", 1 << (token - 0xd9), bytes, at);
  if (token === 0xdc || token === 0xdd) return counted("list", token === 0xdc ? 2 : 4, bytes, at);
  if (token === 0xde || token === 0xdf) return counted("map", token === 0xde ? 2 : 4, bytes, at);
  return BAD;
}

function counted(kind: Head[0], width: number, bytes: Uint8Array, at: number): Head {
  let size = 0;
  // Past the end this reads zeros; the caller sees that the header does not fit.
  for (let i = 0; i < width; i++) size = size * 256 + (bytes[at + i] ?? 0);
  return [kind, width, size];
}

function isProto(bytes: Uint8Array, at: number, size: number): boolean {
  return size === PROTO.length && PROTO.every((byte, i) => bytes[at + i] === byte);
}
