/**
 * What somebody can do who has not proved who they are: raw bytes against the handshake.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dial, generateKeys } from "@good-place/hemple";
import { nodeProvider } from "@good-place/hemple/noise/node";
import { expect, onTestFinished, test } from "vitest";
import { failure, office, start } from "./office.js";
import { framed, initiator, knock, PREAMBLE, relay, Wire } from "./wire.js";

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

test("a wrong PSK is refused at message 1 and costs no key agreement", async () => {
  let agreements = 0;
  const provider: typeof nodeProvider = {
    ...nodeProvider,
    dh(pair, key) {
      agreements += 1;
      return nodeProvider.dh(pair, key);
    },
  };
  const { port, keys, next, dial: tell } = await start({}, { provider });
  const reader = await knock(port);
  const noise = initiator({ port, key: keys.privateKey, psk: bytes(32) });
  reader.socket.write(Buffer.concat([PREAMBLE, framed(noise.write())]));
  expect(await reader.message()).toBe(undefined);
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(agreements).toBe(0);
  await tell();
  expect(agreements).toBe(3);
});

test("the client tells a wrong PSK from an unknown key, and is usable after", async () => {
  const { port, keys, psk, next, dial: tell } = await start();
  const to = { port, key: keys.privateKey, psk };
  expect((await failure(dial(office, { ...to, psk: bytes(32) }))).code).toBe("HANDSHAKE_REFUSED");
  expect((await failure(dial(office, { ...to, key: generateKeys().privateKey }))).code).toBe("KEY_REFUSED");
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect((await next("refused")).code).toBe("KEY_REFUSED");
  expect(await (await tell()).double(2)).toBe(4);
});

test("an unknown key with the right PSK is told nothing but that, and its calls are not run", async () => {
  const { port, psk, server } = await start();
  const wire = await Wire.enter({ port, key: generateKeys().privateKey, psk });
  wire.send([1, 1, "double", 1, null]);
  expect(await wire.frame()).toMatchObject([4, { code: "KEY_REFUSED" }]);
  expect(await wire.frame()).toEqual([8]);
  expect(await wire.frame()).toBe(undefined);
  expect(server.statistics()).toMatchObject({ connections: 0, answered: 0, refused: 1 });
});

test("without peers nobody may call", async () => {
  const { port, psk, keys } = await start({}, { peers: undefined });
  expect((await failure(dial(office, { port, psk, key: keys.privateKey }))).code).toBe("KEY_REFUSED");
});

test("a server with another key than the pinned one is refused before the client shows its own", async () => {
  const { port, psk, keys, next } = await start();
  const to = { port, psk, key: keys.privateKey, serverKey: keys.publicKey };
  expect((await failure(dial(office, to))).code).toBe("SERVER_KEY_MISMATCH");
  // At first the client writes to the key that it expects, and nobody there can read that.
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect((await next("refused")).code).toBe("CLOSED");
});

test("a changed preamble, version or prologue fails the handshake", async () => {
  const { port, psk, keys } = await start();
  for (let place = 0; place < PREAMBLE.length; place++) {
    let first = true;
    const tap = await relay(port, (chunk) => {
      if (first) chunk[place] = (chunk[place] ?? 0) ^ 1;
      first = false;
      return chunk;
    });
    const to = { port: tap.port, psk, key: keys.privateKey };
    expect((await failure(dial(office, to))).code).toBe("HANDSHAKE_REFUSED");
  }
  const reader = await knock(port);
  const noise = initiator({ port, psk, key: keys.privateKey, prologue: PREAMBLE.slice(0, 7) });
  reader.socket.write(Buffer.concat([PREAMBLE, framed(noise.write())]));
  expect(await reader.message()).toBe(undefined);
});

test("a message of the handshake with any other length is refused unread", async () => {
  const { port, server } = await start();
  for (const length of [0, 47, 49, 65_535]) {
    const reader = await knock(port);
    reader.socket.write(Buffer.concat([PREAMBLE, Buffer.of(length >> 8, length & 255)]));
    expect(await reader.bytes(1)).toBe(undefined);
  }
  expect(server.statistics()).toMatchObject({ refused: 4, halfOpen: 0 });
});

test("a handshake that is replayed dies at message 3", async () => {
  const { port, psk, keys, next, server } = await start();
  const tap = await relay(port);
  const to = { port: tap.port, psk, key: keys.privateKey };
  await using tell = await dial(office, to);
  await tell.double(1);
  const said = Buffer.concat([...tap.seen]);
  // What the client sent: preamble, message 1, and message 3, which stands behind the server's 98 bytes.
  const [first, third] = [said.subarray(0, 58), said.subarray(58 + 98, 58 + 98 + 66)];
  const reader = await knock(port);
  reader.socket.write(first);
  expect((await reader.message())?.length).toBe(96);
  reader.socket.write(third);
  expect(await reader.message()).toBe(undefined);
  expect((await next("refused")).code).toBe("HANDSHAKE_REFUSED");
  expect(server.statistics().answered).toBe(1);
});

test("a slow handshake is closed at the deadline", async () => {
  const { port, next, server } = await start({}, { handshakeMs: 50 });
  const silent = await knock(port);
  const slow = await knock(port);
  slow.socket.write(PREAMBLE.subarray(0, 3));
  await Promise.all([silent.closed, slow.closed]);
  expect([(await next("refused")).code, (await next("refused")).code]).toEqual(["DEADLINE", "DEADLINE"]);
  expect(server.statistics().halfOpen).toBe(0);
});

test("half-open connections are capped, and the cap is free again when they end", async () => {
  for (const cap of [{ maxHalfOpen: 3 }, { maxHalfOpenPerAddress: 3 }]) {
    const { port, next, server, dial: tell } = await start({}, cap);
    const idle = await Promise.all([knock(port), knock(port), knock(port)]);
    const fourth = await knock(port);
    await fourth.closed;
    expect((await next("refused")).code).toBe("OVERLOADED");
    expect(server.statistics().halfOpen).toBe(3);
    for (const { socket } of idle) socket.destroy();
    for (let i = 0; i < 3; i++) expect((await next("refused")).code).toBe("CLOSED");
    expect(await (await tell()).double(2)).toBe(4);
  }
});

test("bytes that flood a handshake are not kept", async () => {
  const { port, keys, psk, server } = await start();
  const reader = await knock(port);
  const noise = initiator({ port, key: keys.privateKey, psk });
  reader.socket.write(Buffer.concat([PREAMBLE, framed(noise.write()), Buffer.alloc(4_000_000)]));
  await reader.closed;
  expect(server.statistics()).toMatchObject({ refused: 1, halfOpen: 0 });
});

test("who listens in sees no key, no method and no payload", async () => {
  const { port, psk, keys, server } = await start();
  const tap = await relay(port);
  await using tell = await dial(office, { port: tap.port, psk, key: keys.privateKey });
  await tell.store({ id: 1, title: "a very secret title" });
  const said = Buffer.concat(tap.seen);
  for (const secret of [keys.publicKey, server.publicKey, psk]) expect(said.includes(Buffer.from(secret))).toBe(false);
  for (const word of ["store", "secret", "title"]) expect(said.includes(word)).toBe(false);
});

test("connections of a known peer are capped with a typed refusal", async () => {
  for (const cap of [{ maxConnections: 2 }, { maxConnectionsPerPeer: 2 }]) {
    const { dial: tell } = await start({}, cap);
    await tell();
    const second = await tell();
    expect((await failure(tell())).code).toBe("OVERLOADED");
    expect(await second.double(1)).toBe(2);
  }
});

test("what is no hemple server, and what says nothing, is told apart", async () => {
  const { psk, keys } = await start();
  const http = createServer();
  onTestFinished(() => void http.close());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const to = { port: (http.address() as AddressInfo).port, psk, key: keys.privateKey };
  expect((await failure(dial(office, to))).code).toBe("HANDSHAKE_REFUSED");
  http.close();
  http.closeAllConnections();
  expect((await failure(dial(office, to))).code).toBe("UNREACHABLE");
});

test("dial ends at its deadline and at its signal", async () => {
  const { createServer: listen } = await import("node:net");
  const silent = listen((socket) => void onTestFinished(() => void socket.destroy()));
  onTestFinished(() => void silent.close());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const to = { port: (silent.address() as AddressInfo).port, psk: bytes(32), key: bytes(32) };
  expect((await failure(dial(office, { ...to, deadlineMs: 30 }))).code).toBe("DEADLINE");
  const reason = new Error("enough");
  expect(await failure(dial(office, { ...to, signal: AbortSignal.abort(reason) }))).toBe(reason);
  const abort = new AbortController();
  const attempt = failure(dial(office, { ...to, signal: abort.signal }));
  abort.abort(reason);
  expect(await attempt).toBe(reason);
});
