/**
 * A client by hand, from the documented wire and the Noise core alone: it can send what a real client never would.
 * Its MessagePack is its own, so that it also checks what docs/hemple-protocol.md says.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Cipher, type Handshake, handshake, MAX_PLAINTEXT } from "@good-place/hemple/noise";
import { onTestFinished } from "vitest";

export const PREAMBLE = Uint8Array.of(...new TextEncoder().encode("hemple"), 1, 0);

/** Bytes in, as they are asked for. */
export class Reader {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #bytes = Buffer.alloc(0);
  #check = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#check();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#check();
        resolve();
      });
    });
  }

  /** The next bytes; undefined when the connection closes before they are there. */
  bytes(length: number): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (this.#bytes.length >= length) {
          resolve(this.#bytes.subarray(0, length));
          this.#bytes = this.#bytes.subarray(length);
          this.#check = () => {};
        } else if (this.socket.destroyed) resolve(undefined);
      };
      this.#check();
    });
  }

  async message(): Promise<Buffer | undefined> {
    const header = await this.bytes(2);
    return header && this.bytes(header.readUInt16BE());
  }
}

export interface Secrets {
  readonly port: number;
  readonly key: Uint8Array;
  readonly psk: Uint8Array;
  readonly preamble?: Uint8Array;
  readonly prologue?: Uint8Array;
}

/** A bare connection to the server. */
export async function knock(port: number): Promise<Reader> {
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  const reader = new Reader(socket);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return reader;
}

export function framed(message: Uint8Array): Buffer {
  const header = Buffer.alloc(2);
  header.writeUInt16BE(message.length);
  return Buffer.concat([header, message]);
}

export function initiator({ key, psk, prologue = PREAMBLE }: Secrets): Handshake {
  return handshake({ pattern: "XXpsk0+psk3", initiator: true, prologue, s: key, psks: [psk, psk] });
}

/** A connection that has proved itself, up to the server's first word. */
export class Wire {
  readonly reader: Reader;
  readonly tx: Cipher;
  readonly rx: Cipher;
  #plain = Buffer.alloc(0);

  constructor(reader: Reader, tx: Cipher, rx: Cipher) {
    this.reader = reader;
    this.tx = tx;
    this.rx = rx;
  }

  static async enter(secrets: Secrets): Promise<Wire> {
    const reader = await knock(secrets.port);
    const noise = initiator(secrets);
    reader.socket.write(Buffer.concat([secrets.preamble ?? PREAMBLE, framed(noise.write())]));
    noise.read((await reader.message()) ?? Buffer.alloc(0));
    reader.socket.write(framed(noise.write()));
    return new Wire(reader, noise.tx as Cipher, noise.rx as Cipher);
  }

  /** Seals bytes into one message, without sending it. */
  sealed(...frames: Uint8Array[]): Buffer {
    return framed(this.tx.seal(Buffer.concat(frames.map((frame) => lengthed(frame)))));
  }

  write(bytes: Uint8Array): void {
    this.reader.socket.write(bytes);
  }

  send(...frames: unknown[]): void {
    this.write(this.sealed(...frames.map((frame) => pack(frame))));
  }

  /** Sends one frame over as many messages as it needs. */
  pour(frame: Uint8Array): void {
    const plain = lengthed(frame);
    for (let at = 0; at < plain.length; at += MAX_PLAINTEXT) {
      this.write(framed(this.tx.seal(plain.subarray(at, at + MAX_PLAINTEXT))));
    }
  }

  /** The next frame of the server; undefined when it hangs up. */
  async frame(): Promise<unknown[] | undefined> {
    for (;;) {
      const length = this.#plain.length >= 4 ? this.#plain.readUInt32BE() : Number.POSITIVE_INFINITY;
      if (this.#plain.length >= 4 + length) {
        const frame = this.#plain.subarray(4, 4 + length);
        this.#plain = this.#plain.subarray(4 + length);
        return unpack(frame) as unknown[];
      }
      const message = await this.reader.message();
      if (message === undefined) return undefined;
      this.#plain = Buffer.concat([this.#plain, this.rx.open(message)]);
    }
  }
}

export function lengthed(frame: Uint8Array): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(frame.length);
  return Buffer.concat([header, frame]);
}

/** MessagePack of what these tests send: small arrays and maps, strings, numbers, null. */
export function pack(value: unknown): Buffer {
  if (value === null) return Buffer.of(0xc0);
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.of(0xda, bytes.length >> 8, bytes.length & 0xff), bytes]);
  }
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9, 0xcb);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return Buffer.concat([Buffer.of(0x90 | value.length), ...value.map(pack)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([Buffer.of(0x80 | entries.length), ...entries.flat().map(pack)]);
}

/** The value of the MessagePack that a server of these tests sends. */
export function unpack(bytes: Buffer): unknown {
  let at = 0;
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const list = (length: number): unknown[] => Array.from({ length }, read);
  function read(): unknown {
    const token = take(1).readUInt8();
    if (token < 0x80) return token;
    if (token < 0x90) return Object.fromEntries(Array.from({ length: token & 15 }, () => list(2)));
    if (token < 0xa0) return list(token & 15);
    if (token < 0xc0) return take(token & 31).toString();
    if (token === 0xc0) return null;
    if (token === 0xc2 || token === 0xc3) return token === 0xc3;
    if (token === 0xcb) return take(8).readDoubleBE();
    if (token === 0xcc) return take(1).readUInt8();
    if (token === 0xcd) return take(2).readUInt16BE();
    if (token === 0xce) return take(4).readUInt32BE();
    if (token === 0xd4) return take(2) && undefined;
    if (token === 0xd9) return take(take(1).readUInt8()).toString();
    if (token === 0xda) return take(take(2).readUInt16BE()).toString();
    throw new Error(`the decoder of these tests does not know ${token.toString(16)}`);
  }
  return read();
}

export interface Relay {
  readonly port: number;
  /** Everything that passed, both ways. */
  readonly seen: Buffer[];
  /** Cuts every connection. */
  cut(): void;
  /** Reads nothing of what the client sends, until `release`. */
  hold(): void;
  release(): void;
}

/** A wire-tap between a client and a server: it sees all and may change what the client sends. */
export async function relay(port: number, change: (chunk: Buffer) => Buffer = (chunk) => chunk): Promise<Relay> {
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect({ port, host: "127.0.0.1" });
    clients.add(near);
    for (const [from, to, alter] of [
      [near, far, change],
      [far, near, (chunk: Buffer) => chunk],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => to.destroy());
      from.on("data", (chunk: Buffer) => {
        seen.push(chunk);
        to.write(alter(chunk));
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    listener.close();
    cut();
  });
  const hold = (): void => {
    for (const client of clients) client.pause();
  };
  const release = (): void => {
    for (const client of clients) client.resume();
  };
  return { port: (listener.address() as AddressInfo).port, seen, cut, hold, release };
}
