/**
 * Deflated frames: what they save, that they can be left out, and what a hostile one gets.
 */
import { deflateRawSync } from "node:zlib";
import { contract, dial, method } from "@good-place/hemple";
import type { Cipher } from "@good-place/hemple/noise";
import { expect, test } from "vitest";
import { start } from "./office.js";
import { text as words } from "./schemas.js";
import { stage } from "./stage.js";
import { framed, initiator, knock, lengthed, pack, relay, Wire } from "./wire.js";

const text = "the quick brown fox jumps over the lazy dog. ".repeat(400);

/** A frame that says that it is deflated, to `claimed` bytes. */
function deflated(bytes: Uint8Array, claimed: number): Buffer {
  const body = Buffer.concat([Buffer.alloc(4), bytes]);
  body.writeUInt32BE(claimed);
  const frame = lengthed(body);
  frame.writeUInt32BE(2 ** 31 + body.length);
  return frame;
}

async function enter(options = 2): Promise<Wire & { signals: (tag: string) => Promise<{ code?: string }> }> {
  const { port, psk, keys, next } = await start({}, { maxMessageBytes: 100_000 });
  const prologue = Uint8Array.of(...new TextEncoder().encode("hemple"), 1, options);
  const reader = await knock(port);
  const noise = initiator({ port, psk, key: keys.privateKey, prologue });
  reader.socket.write(Buffer.concat([prologue, framed(noise.write())]));
  noise.read((await reader.message()) ?? Buffer.alloc(0));
  reader.socket.write(framed(noise.write()));
  const wire = new Wire(reader, noise.tx as Cipher, noise.rx as Cipher);
  await wire.frame();
  return Object.assign(wire, { signals: next });
}

async function passed(options: { compression?: boolean }, server: { compression?: boolean } = {}): Promise<number> {
  const { port, dial } = await start({}, server);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, ...options });
  const before = Buffer.concat(tap.seen).length;
  expect(await tell.echo(text)).toBe(text);
  return Buffer.concat(tap.seen).length - before;
}

test("long texts travel deflated both ways, unless one side wants none", async () => {
  expect(await passed({})).toBeLessThan(text.length / 4);
  const [neither, toServer] = [await passed({ compression: false }), await passed({}, { compression: false })];
  expect(neither).toBeGreaterThan(2 * text.length);
  expect(toServer).toBeGreaterThan(text.length);
  expect(toServer).toBeLessThan(1.5 * text.length);
});

test("what is short, or does not shrink, is sent as it is", async () => {
  const wire = await enter();
  const lengths: number[] = [];
  for (const [id, value] of [
    [1, "a".repeat(400)],
    [3, "a".repeat(2000)],
  ] as const) {
    wire.send([1, id, "echo", value, null]);
    const answer = (await wire.reader.message()) as Buffer;
    lengths.push(wire.rx.open(answer).length);
  }
  expect(lengths[0]).toBeGreaterThan(400);
  expect(lengths[1]).toBeLessThan(200);
});

test("a deflated call is read as any other, also by a server that sends none", async () => {
  const wire = await enter(0);
  const call = pack([1, 1, "echo", "b".repeat(1000), null]);
  wire.write(framed(wire.tx.seal(deflated(deflateRawSync(call), call.length))));
  expect(await wire.frame()).toEqual([5, 1, "b".repeat(1000)]);
});

const bomb = deflateRawSync(Buffer.alloc(50_000_000));
const broken: Record<string, Buffer> = {
  "inflates to more than it says": deflated(bomb, 90_000),
  "says that it is over the limit": deflated(bomb, 50_000_000),
  "inflates to less than it says": deflated(deflateRawSync(pack([1, 1, "double", 4, null])), 5000),
  "is no deflate": deflated(Buffer.alloc(100, 0xff), 500),
  "is empty": deflated(Buffer.alloc(0), 10),
  "says that it holds nothing": deflated(deflateRawSync(Buffer.alloc(0)), 0),
  "is over the limit itself": deflated(Buffer.alloc(200_000), 1000).subarray(0, 1000),
};

test.each(Object.entries(broken))("a frame that %s ends its connection, and takes no memory", async (_, frame) => {
  const wire = await enter();
  const before = process.memoryUsage();
  for (let at = 0; at < frame.length; at += 60_000) wire.write(framed(wire.tx.seal(frame.subarray(at, at + 60_000))));
  expect(await wire.frame()).toBe(undefined);
  expect((await wire.signals("close")).code).toBe("PROTOCOL");
  const { arrayBuffers, external } = process.memoryUsage();
  expect(arrayBuffers + external - before.arrayBuffers - before.external).toBeLessThan(20_000_000);
});

test("a method that is never compressed has answers of one length, whatever a guess repeats of a secret", async () => {
  const secret = "token=8f3a91c07d52";
  const page = (guess: string): string => `${secret}&${guess}`.padEnd(2000, "lorem ipsum ");
  const pages = contract({
    safe: method({ input: words, output: words, compress: "never" }),
    risky: method({ input: words, output: words }),
  });
  const { port, secrets } = await stage(pages, { safe: page, risky: page });
  const tap = await relay(port);
  await using tell = await dial(pages, { ...secrets, port: tap.port });
  const lengths = async (ask: (guess: string) => PromiseLike<string>): Promise<number> => {
    const found = new Set<number>();
    for (const guess of [secret, "token=19be4602aa77", "nothing like it at"]) {
      const before = Buffer.concat(tap.seen).length;
      await ask(guess);
      found.add(Buffer.concat(tap.seen).length - before);
    }
    return found.size;
  };
  expect(await lengths(tell.safe)).toBe(1);
  expect(await lengths(tell.risky)).toBeGreaterThan(1);
});

test("equal lengths hide what a message repeats where nothing is deflated", async () => {
  const secret = "token=8f3a91";
  const lengths = new Set<number>();
  const { port, dial } = await start({}, { compression: false });
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, compression: false });
  for (const guess of ["token=8f3a91", "token=000000"]) {
    const before = Buffer.concat(tap.seen).length;
    await tell.echo(`${secret}&${guess}`.padEnd(2000, "."));
    lengths.add(Buffer.concat(tap.seen).length - before);
  }
  expect([...lengths]).toHaveLength(1);
});
