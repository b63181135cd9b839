/**
 * A message for many: its frame is made once, and compressed once, and goes to the connections as it is. That can be
 * where a frame does not depend on those before it.
 * Cost: it is compressed at once, on this thread, where ws would do it for each connection on others.
 */
import { constants, deflateRawSync } from "node:zlib";
import * as ws from "ws";
import type { Compression } from "../compression.js";
import type { Frame } from "../schema.js";

// Exported by ws, and not known to its types.
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

/** What a connection can have of such a message: the frame, the compressed frame, or one of its own. */
export type Sharing = "plain" | "packed" | "none";

/** By what was agreed on with the peer: the value of Sec-WebSocket-Extensions. */
export function sharingOf(agreed: string): Sharing {
  if (agreed === "") return "plain";
  const alike = agreed.includes("server_no_context_takeover") && !agreed.includes("server_max_window_bits");
  return alike ? "packed" : "none";
}

export class Shared {
  readonly data: Buffer;
  readonly binary: boolean;
  readonly #compress: Required<Compression> | null;
  #plain: Buffer | null = null;
  #packed: Buffer | null = null;

  constructor(frame: Frame, compress: Required<Compression> | null) {
    this.binary = typeof frame !== "string";
    this.data = typeof frame === "string" ? Buffer.from(frame) : bufferOf(frame);
    this.#compress = compress;
  }

  /** The bytes on the wire. */
  bytes(sharing: "plain" | "packed"): Buffer {
    const { data } = this;
    if (sharing === "plain" || this.#compress === null || data.length < this.#compress.thresholdBytes) {
      this.#plain ??= this.#framed(data, false);
      return this.#plain;
    }
    this.#packed ??= this.#framed(packed(data, this.#compress.level), true);
    return this.#packed;
  }

  #framed(payload: Buffer, rsv1: boolean): Buffer {
    return Buffer.concat(Sender.frame(payload, { fin: true, mask: false, opcode: this.binary ? 2 : 1, rsv1 }));
  }
}

// RFC 7692, 7.2.1: without the empty block that the flush ends with.
function packed(data: Buffer, level: number): Buffer {
  return deflateRawSync(data, { level, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
