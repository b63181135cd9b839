/**
 * What a server can do to its clients: one by hand that proves itself and then breaks the protocol.
 */
import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { dial, generateKeys } from "@good-place/hemple";
import { type Cipher, handshake } from "@good-place/hemple/noise";
import { expect, onTestFinished, test } from "vitest";
import { failure, office } from "./office.js";
import { framed, PREAMBLE, Reader, Wire } from "./wire.js";

const psk = new Uint8Array(randomBytes(32));
const key = generateKeys().privateKey;

/** Serves one connection: first contact, then what `then` does. */
async function server(then: (wire: Wire) => void): Promise<number> {
  const listener = createServer(async (socket) => {
    onTestFinished(() => void socket.destroy());
    const reader = new Reader(socket);
    const prologue = await reader.bytes(PREAMBLE.length);
    const noise = handshake({ pattern: "XXpsk0+psk3", initiator: false, prologue, s: key, psks: [psk, psk] });
    noise.read((await reader.message()) ?? Buffer.alloc(0));
    socket.write(framed(noise.write()));
    noise.read((await reader.message()) ?? Buffer.alloc(0));
    then(new Wire(reader, noise.tx as Cipher, noise.rx as Cipher));
  });
  onTestFinished(() => void listener.close());
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return (listener.address() as AddressInfo).port;
}

const welcome = [3, { maxMessageBytes: 5000, instance: "by hand" }];
const broken: Record<string, (wire: Wire) => void> = {
  "does not decrypt": (wire) => wire.write(framed(Buffer.alloc(40))),
  "is no frame": (wire) => wire.send([99]),
  "nests too deep": (wire) => wire.pour(Buffer.alloc(1000, 0x91)),
  "answers what was not asked": (wire) => wire.send([5, 77, 1]),
  "is a call": (wire) => wire.send([1, 2, "double", 1, null]),
  "is an item of no stream": (wire) => wire.send([9, 1, "x"]),
  "is a cancel of a call that it was asked for": (wire) => wire.send([2, 1]),
  "announces too much": (wire) => wire.write(framed(wire.tx.seal(Buffer.alloc(4, 0xff)))),
};

test.each(Object.entries(broken))(
  "a server's message that %s ends the line, and its calls fail with CLOSED",
  async (_, act) => {
    const port = await server(async (wire) => {
      wire.send(welcome);
      await wire.frame();
      act(wire);
    });
    await using tell = await dial(office, { port, key, psk });
    expect((await failure(tell.double(1))).code).toBe("CLOSED");
    expect((await failure(tell.double(1))).code).toBe("CLOSED");
  },
);

test("a server that begins with anything but a welcome is refused", async () => {
  for (const first of [[5, 1, 1], [7], [99], [8]]) {
    const port = await server((wire) => wire.send(first));
    expect((await failure(dial(office, { port, key, psk }))).code).toBe("HANDSHAKE_REFUSED");
  }
});

test("a client asks each server for no more than it says that it takes", async () => {
  const port = await server((wire) => wire.send(welcome));
  await using tell = await dial(office, { port, key, psk });
  expect((await failure(tell.echo("x".repeat(5001)))).code).toBe("TOO_LARGE");
});
