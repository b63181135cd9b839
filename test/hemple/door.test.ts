/**
 * Who comes in, and by which handshake: the way back, two PSKs, and peers that change while the server runs.
 */
import { randomBytes } from "node:crypto";
import { dial, generateKeys, lineOf } from "@good-place/hemple";
import { type Cipher, handshake } from "@good-place/hemple/noise";
import { nodeProvider } from "@good-place/hemple/noise/node";
import { expect, test } from "vitest";
import { failure, gate, office, start, thrown } from "./office.js";
import { framed, knock, type Reader, relay, Wire } from "./wire.js";

const BACK = Uint8Array.of(...new TextEncoder().encode("hemple"), 1, 1);

interface Back {
  readonly port: number;
  readonly key: Uint8Array;
  readonly psk: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Message 1 of a client that comes back, and what it does with the answer. */
async function comeBack({ port, key, psk, serverKey }: Back) {
  const reader = await knock(port);
  const noise = handshake({ pattern: "IKpsk2", initiator: true, prologue: BACK, s: key, rs: serverKey, psks: [psk] });
  const first = Buffer.concat([BACK, framed(noise.write())]);
  reader.socket.write(first);
  const answer = await reader.message();
  return { reader, noise, first, answer };
}

test("who knows the server's key comes in by one round trip, others by two", async () => {
  const { dial, next, server } = await start();
  const first = await dial();
  expect(await next("handshake")).toMatchObject({ pattern: "XXpsk0+psk3", address: "127.0.0.1" });
  const { serverKey } = lineOf(first);
  expect(serverKey).toEqual(server.publicKey);
  const second = await dial({ serverKey });
  expect(await next("handshake")).toMatchObject({ pattern: "IKpsk2" });
  expect(await second.double(4)).toBe(8);
  expect(server.statistics()).toMatchObject({ accepted: 2, refused: 0, connections: 2 });
});

test("the way back works from the documented bytes", async () => {
  const { port, psk, keys, server } = await start();
  const back = await comeBack({ port, psk, key: keys.privateKey, serverKey: server.publicKey });
  expect(back.first.length).toBe(8 + 2 + 96);
  expect(back.answer?.length).toBe(48);
  back.noise.read(back.answer as Buffer);
  const wire = new Wire(back.reader, back.noise.tx as Cipher, back.noise.rx as Cipher);
  wire.write(framed(wire.tx.seal(new Uint8Array(0))));
  expect(await wire.frame()).toEqual([3, expect.objectContaining({ maxMessageBytes: 2 ** 20 })]);
});

test("a recorded first message of the way back opens no connection", async () => {
  const { port, psk, keys, server, next } = await start();
  const { reader, first } = await comeBack({ port, psk, key: keys.privateKey, serverKey: server.publicKey });
  reader.socket.destroy();
  expect((await next("refused")).code).toBe("CLOSED");
  const replayed: Reader = await knock(port);
  replayed.socket.write(first);
  expect((await replayed.message())?.length).toBe(48);
  replayed.socket.write(framed(randomBytes(16)));
  await replayed.closed;
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(server.statistics()).toMatchObject({ accepted: 2, connections: 0, refused: 2 });
});

test("all that a client said when it came back, said again, opens nothing and runs nothing", async () => {
  let runs = 0;
  const { port, psk, keys, server, next } = await start({ wait: () => `run ${++runs}` });
  const said: Buffer[] = [];
  const tap = await relay(port, (chunk) => {
    said.push(chunk);
    return chunk;
  });
  const tell = await dial(office, { port: tap.port, psk, key: keys.privateKey, serverKey: server.publicKey });
  expect(await tell.wait("a")).toBe("run 1");
  const recorded = Buffer.concat(said);
  // At once, and as the answers come: the first message has no payload, and what is behind it another key.
  for (const cuts of [[recorded.length], [8 + 2 + 96, recorded.length]]) {
    const reader = await knock(port);
    let from = 0;
    for (const cut of cuts) {
      reader.socket.write(recorded.subarray(from, cut));
      if (cut < recorded.length) expect((await reader.message())?.length).toBe(48);
      from = cut;
    }
    await reader.closed;
    expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  }
  expect(runs).toBe(1);
  expect(server.statistics()).toMatchObject({ connections: 1, answered: 1 });
  await tell[Symbol.asyncDispose]();
});

test("a first message of the way back with a payload is refused unread", async () => {
  const { port, psk, keys, server, next } = await start();
  const reader = await knock(port);
  const to = { s: keys.privateKey, rs: server.publicKey, psks: [psk] };
  const noise = handshake({ pattern: "IKpsk2", initiator: true, prologue: BACK, ...to });
  reader.socket.write(Buffer.concat([BACK, framed(noise.write(Buffer.from("a call")))]));
  expect(await reader.message()).toBe(undefined);
  expect((await next("refused")).code).toBe("PROTOCOL");
});

test("the way back without the right PSK ends in a refusal that says so", async () => {
  const { port, keys, server, next } = await start();
  const wrong = { port, psk: new Uint8Array(randomBytes(32)), key: keys.privateKey, serverKey: server.publicKey };
  expect((await failure(dial(office, wrong))).code).toBe("HANDSHAKE_REFUSED");
  // By the way back the client found out, by first contact the server did.
  expect((await next("refused")).code).toBe("CLOSED");
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
});

test("a client that is known to nobody is refused on the way back too, and shows its key to the server only", async () => {
  const { port, psk, server } = await start();
  const stranger = generateKeys();
  const tap = await relay(port);
  const to = { port: tap.port, psk, key: stranger.privateKey, serverKey: server.publicKey };
  expect((await failure(dial(office, to))).code).toBe("KEY_REFUSED");
  const seen = Buffer.concat(tap.seen);
  for (const secret of [stranger.publicKey, server.publicKey, psk])
    expect(seen.includes(Buffer.from(secret))).toBe(false);
});

test("two PSKs are taken during a rotation, by both ways, and the old one's connections end with it", async () => {
  const [old, young] = [new Uint8Array(randomBytes(32)), new Uint8Array(randomBytes(32))];
  const inside = gate();
  const wait = (): Promise<string> => {
    inside.enter();
    return inside.opened;
  };
  const { server, dial, next } = await start({ wait }, { psk: old });
  const { publicKey: serverKey } = server;
  const first = await dial({ psk: old });
  server.update({ psk: [young, old] });
  expect(await first.double(1)).toBe(2);
  const [second, third] = [await dial({ psk: old, serverKey }), await dial({ psk: young, serverKey })];
  expect(await Promise.all([second.double(2), third.double(3)])).toEqual([4, 6]);
  // The way back is answered under the new one; who has the old one comes by first contact.
  for (const pattern of ["XXpsk0+psk3", "XXpsk0+psk3", "IKpsk2"]) {
    expect(await next("handshake")).toMatchObject({ pattern });
  }
  const pending = failure(second.wait("long"));
  await inside.entered;
  server.update({ psk: young });
  expect((await pending).code).toBe("CLOSED");
  expect((await lineOf(first).closed).code).toBe("BYE");
  expect((await next("close")).code).toBe("REMOVED");
  expect((await next("close")).code).toBe("REMOVED");
  expect((await failure(dial({ psk: old, serverKey }))).code).toBe("HANDSHAKE_REFUSED");
  expect(await third.double(4)).toBe(8);
  expect(server.statistics().connections).toBe(1);
});

test("a key that is taken away, or gets other roles, loses its connections and their calls; others stay", async () => {
  const friend = generateKeys();
  const left = gate();
  const inside = gate();
  const { server, dial, keys, next } = await start({
    wait: (input, { signal }) => {
      inside.enter();
      signal.addEventListener("abort", left.enter);
      return new Promise(() => input);
    },
  });
  const peer = { key: keys.publicKey, roles: ["owner"] };
  server.update({ peers: [peer, { key: friend.publicKey }] });
  const [own, other] = [await dial(), await dial({ key: friend.privateKey })];
  const call = failure(own.wait("for ever"));
  await inside.entered;
  server.update({ peers: [{ key: friend.publicKey }] });
  expect((await call).code).toBe("CLOSED");
  await left.entered;
  expect((await next("close")).code).toBe("REMOVED");
  expect(await other.double(1)).toBe(2);
  expect((await failure(dial())).code).toBe("KEY_REFUSED");
  expect((await failure(dial({ serverKey: server.publicKey }))).code).toBe("KEY_REFUSED");
  expect((await failure(other.fire("x"))).code).toBe("FORBIDDEN");
  server.update({ peers: [{ key: friend.publicKey, roles: ["owner"] }] });
  expect((await lineOf(other).closed).code).toBe("BYE");
  expect(await (await dial({ key: friend.privateKey })).fire("x")).toBe("x");
});

test("an update that is wrong changes nothing", async () => {
  const { server, dial, keys } = await start();
  const tell = await dial();
  const peers = [{ key: keys.publicKey }, { key: keys.publicKey }];
  expect(thrown(() => server.update({ peers }))).toBe("BAD_OPTION");
  expect(thrown(() => server.update({ peers: [], psk: new Uint8Array(31) }))).toBe("NOISE_PSK");
  expect(thrown(() => server.update({ psk: [] as never }))).toBe("NOISE_PSK");
  expect(thrown(() => server.update({ peer: [] } as never))).toBe("UNKNOWN_OPTION");
  expect(await tell.fire("x")).toBe("x");
  expect(await (await dial()).fire("y")).toBe("y");
});

test("a first message of the way back for another server costs one key agreement, and a low-order key none", async () => {
  let agreements = 0;
  const provider = {
    ...nodeProvider,
    dh: (...given: Parameters<typeof nodeProvider.dh>) => {
      agreements += 1;
      return nodeProvider.dh(...given);
    },
  };
  const { port, psk, keys, next } = await start({}, { provider });
  const astray = await comeBack({ port, psk, key: keys.privateKey, serverKey: generateKeys().publicKey });
  expect(astray.answer).toBe(undefined);
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(agreements).toBe(1);
  const low = await knock(port);
  low.socket.write(Buffer.concat([BACK, framed(Buffer.alloc(96))]));
  await low.closed;
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(agreements).toBe(1);
});
