/**
 * What one side can make the other hold: answers that do not fit, readers that do not read, kept answers, frames in crumbs.
 */
import { answers, contract, type HempleError, lineOf, method, type Peer } from "@good-place/hemple";
import { nodeProvider } from "@good-place/hemple/noise/node";
import { expect, onTestFinished, test } from "vitest";
import { collected } from "./memory.js";
import { failure, gate, start } from "./office.js";
import { anything, number, text } from "./schemas.js";
import { stage, until } from "./stage.js";
import { framed, initiator, knock, lengthed, PREAMBLE, relay, Wire } from "./wire.js";

const MIB = 2 ** 20;
const shelf = contract({
  get: method({ input: text, output: anything, compress: "never" }),
  list: method({ input: text, stream: anything, compress: "never" }),
  put: method({ input: anything, output: number }),
  flow: method({ input: anything, stream: anything, compress: "never" }),
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

const books: Readonly<Record<string, () => unknown>> = {
  "is too long": () => "x".repeat(MIB),
  "holds too many values": () => Array.from({ length: 2 ** 18 }, () => 1),
  "nests too deep": () => nested(63),
};
const shelves = {
  get: (name: string) => books[name]?.() ?? name,
  list: (name: string) => [1, books[name]?.()],
  put: () => 1,
  async *flow(item: unknown) {
    for (;;) yield item;
  },
};

test.each(Object.keys(books))("an answer that %s is refused as such, and the line goes on", async (name) => {
  const tell = await (await stage(shelf, shelves)).dial();
  expect(await failure(tell.get(name))).toMatchObject({ code: "ANSWER_TOO_LARGE", remote: true, retryable: false });
  expect(await failure(tell.get(name, { key: name }))).toMatchObject({ code: "ANSWER_TOO_LARGE" });
  const items = tell.list(name);
  expect(await items.take()).toBe(1);
  expect((await failure(items.take())).code).toBe("ANSWER_TOO_LARGE");
  expect(await tell.get("fits")).toBe("fits");
});

test("an input that holds too many values is not sent, and the line goes on", async () => {
  const { dial, server } = await stage(shelf, shelves);
  const tell = await dial();
  expect((await failure(tell.put(books["holds too many values"]?.()))).code).toBe("TOO_LARGE");
  // One value less, with those of the frame itself, is taken.
  expect(await tell.put(Array.from({ length: 2 ** 18 - 7 }, () => 1))).toBe(1);
  expect(server.statistics()).toMatchObject({ answered: 1, failed: 0 });
});

test("a client that takes less than its server is answered no more than it takes", async () => {
  const tell = await (await stage(shelf, { ...shelves, get: (name: string) => name.repeat(5000) })).dial({
    maxMessageBytes: 4096,
  });
  expect((await failure(tell.get("x"))).code).toBe("ANSWER_TOO_LARGE");
  expect(await tell.get("")).toBe("");
});

test("a client that says that it takes next to nothing ends its connection", async () => {
  const started = await start();
  const wire = await Wire.enter({ port: started.port, psk: started.psk, key: started.keys.privateKey });
  wire.send([12, 100]);
  expect((await started.next("close")).code).toBe("PROTOCOL");
});

test.each([
  ["numbers", 1],
  ["lines of 80 letters", "x".repeat(80)],
  ["texts of 2000 letters", "x".repeat(2000)],
])("a reader that does not read %s costs about its credits in memory", async (_, item) => {
  const tell = await (await stage(shelf, shelves)).dial();
  const before = await collected();
  const streams = Array.from({ length: 16 }, () => tell.flow(item));
  for (const stream of streams) await stream.take();
  // Calls that are answered behind what the streams could send by now.
  for (let i = 0; i < 50; i++) await tell.get("now");
  // Both sides are in this process, and what is decoded takes more room than its bytes.
  const taken = (await collected()) - before;
  expect(taken / streams.length).toBeLessThan(6 * 2 ** 18);
  for (const stream of streams) stream.cancel();
});

const phone = contract({ photo: method({ output: text, compress: "never" }) });
const caller = contract({ ask: method({ input: number, output: number }) });

// A server that asks its client for photos, once and again, and a line that takes none of them back meanwhile.
async function photographed(first: number, bytes: number, options: { maxMessageBytes?: number } = {}) {
  const [there, again] = [gate(), gate()];
  const seen = { ran: 0, codes: new Set<unknown>(), there, again };
  const photo = (): string => {
    seen.ran += 1;
    return "x".repeat(bytes);
  };
  const ask = async (count: number, { peer }: { peer: Peer }): Promise<number> => {
    const tell = peer.tell(phone);
    there.enter();
    await there.opened;
    const photos = (length: number) => Promise.allSettled(Array.from({ length }, () => tell.photo()));
    const before = photos(first);
    await again.opened;
    const settled = [...(await photos(count)), ...(await before)];
    const refused = settled.filter((one) => one.status === "rejected");
    for (const { reason } of refused) seen.codes.add((reason as HempleError).code);
    return refused.length;
  };
  const { dial, port } = await stage(caller, { ask }, options);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, answers: answers(phone, { photo }), ...options });
  return { tell, tap, seen };
}

test("a server that reads nothing is refused new calls by its client, which holds no more than so much", async () => {
  const { tell, tap, seen } = await photographed(60, MIB - 100);
  const asked = tell.ask(50);
  await seen.there.entered;
  tap.hold();
  seen.there.open("now");
  await until(() => seen.ran === 60);
  const before = tap.seen.length;
  seen.again.open("now");
  await until(() => tap.seen.length > before);
  // The client gets its turns to take them.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  tap.release();
  expect(await asked).toBe(50);
  expect(seen.codes).toEqual(new Set(["OVERLOADED"]));
  expect(seen.ran).toBe(60);
  expect(await tell.ask(1)).toBe(0);
});

test("a server that asks for ever more and reads none of it is cut off", async () => {
  const maxMessageBytes = 4 * MIB;
  const { tell, tap, seen } = await photographed(40, maxMessageBytes - 100, { maxMessageBytes });
  const asked = failure(tell.ask(0));
  await seen.there.entered;
  tap.hold();
  seen.there.open("now");
  expect((await lineOf(tell).closed).code).toBe("UNREAD");
  expect((await asked).code).toBe("CLOSED");
});

test("calls to a peer that reads nothing are refused before they fill memory, and nothing of them runs", async () => {
  const { dial, port, server } = await stage(shelf, shelves);
  const tap = await relay(port);
  const tell = await dial({ port: tap.port, compression: false });
  await tell.put(1);
  tap.hold();
  const book = "x".repeat(MIB - 100);
  const settling = Promise.allSettled(Array.from({ length: 100 }, () => tell.put(book)));
  expect((await failure(tell.put(book))).code).toBe("OVERLOADED");
  tap.release();
  const settled = await settling;
  const refused = settled.filter((one) => one.status === "rejected" && one.reason.code === "OVERLOADED").length;
  expect(refused).toBeGreaterThan(50);
  expect(server.statistics().answered).toBe(1 + 100 - refused);
});

test("an answer that is kept is forgotten after its time, though nobody asks again", async () => {
  const { dial } = await stage(shelf, { ...shelves, get: () => new Uint8Array(MIB - 100) }, { resultMs: 1500 });
  const tell = await dial();
  const before = await collected();
  for (let i = 0; i < 12; i++) await tell.get("", { key: `book ${i}` });
  expect((await collected()) - before).toBeGreaterThan(10 * MIB);
  await until(async () => (await collected()) - before < 4 * MIB);
});

test("a frame that comes in crumbs costs its bytes and not its crumbs", async () => {
  const started = await start();
  const wire = await Wire.enter({ port: started.port, psk: started.psk, key: started.keys.privateKey });
  await wire.frame();
  const frame = lengthed(Buffer.alloc(MIB));
  const before = await collected();
  for (let at = 0; at < 60_000; at++) {
    wire.write(framed(wire.tx.seal(frame.subarray(at, at + 1))));
    if (at % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const tell = await started.dial();
  for (let i = 0; i < 50; i++) await tell.double(i);
  await until(() => wire.reader.socket.writableLength === 0);
  expect((await collected()) - before).toBeLessThan(4 * MIB);
});

test("bytes behind the first message are refused before any key agreement", async () => {
  let agreements = 0;
  const provider: typeof nodeProvider = {
    ...nodeProvider,
    dh(pair, key) {
      agreements += 1;
      return nodeProvider.dh(pair, key);
    },
  };
  const { port, keys, psk, next } = await start({}, { provider });
  const reader = await knock(port);
  const noise = initiator({ port, key: keys.privateKey, psk });
  reader.socket.write(Buffer.concat([PREAMBLE, framed(noise.write()), Buffer.alloc(1)]));
  expect(await reader.message()).toBe(undefined);
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(agreements).toBe(0);
});

test("half-open connections of one network count together, and those of others beside them", async () => {
  const { server, next } = await start({}, { maxHalfOpenPerAddress: 2 });
  const enter = (remoteAddress: string): void => {
    const closed = gate();
    const close = async (): Promise<void> => closed.open("closed");
    const socket = { request: { remoteAddress }, write: async () => true, close };
    server.endpoint.connect(socket);
    onTestFinished(() => server.endpoint.closed(socket));
  };
  for (const address of ["2001:db8::1", "2001:db8:0:0:ffff::2"]) enter(address);
  expect(server.statistics()).toMatchObject({ halfOpen: 2, refused: 0 });
  enter("2001:DB8:0::3");
  expect((await next("refused")).code).toBe("OVERLOADED");
  for (const address of ["2001:db8:0:1::1", "10.0.0.1", "::ffff:10.0.0.1"]) enter(address);
  expect(server.statistics()).toMatchObject({ halfOpen: 5, refused: 1 });
  enter("10.0.0.1");
  expect(server.statistics()).toMatchObject({ halfOpen: 5, refused: 2 });
});
