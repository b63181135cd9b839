/**
 * What a peer can do that has proved itself: raw frames against the server, and a server's against a client.
 */
import { dial } from "@good-place/hemple";
import { expect, test } from "vitest";
import { failure, gate, office, type Started, start } from "./office.js";
import { framed, lengthed, pack, relay, Wire } from "./wire.js";

async function welcomed({ port, psk, keys }: Started): Promise<Wire> {
  const wire = await Wire.enter({ port, psk, key: keys.privateKey });
  expect(await wire.frame()).toMatchObject([3, { maxMessageBytes: 2 ** 20 }]);
  return wire;
}

const call = (id: number, name: string, input: unknown): Buffer => pack([1, id, name, input, null]);

test("a replayed message ends the connection, and its call runs once", async () => {
  let runs = 0;
  const started = await start({ wait: () => `run ${++runs}` });
  const wire = await welcomed(started);
  const message = wire.sealed(call(1, "wait", "a"));
  wire.write(message);
  expect(await wire.frame()).toEqual([5, 1, "run 1"]);
  wire.write(message);
  expect(await wire.frame()).toBe(undefined);
  expect((await started.next("close")).code).toBe("CRYPTO");
  expect(runs).toBe(1);
});

test("swapped and dropped messages end the connection, and nothing of them runs", async () => {
  for (const order of [[1, 0], [1]]) {
    const started = await start();
    const wire = await welcomed(started);
    const messages = [wire.sealed(call(1, "double", 1)), wire.sealed(call(3, "double", 2))];
    for (const place of order) wire.write(messages[place] ?? Buffer.alloc(0));
    expect(await wire.frame()).toBe(undefined);
    expect((await started.next("close")).code).toBe("CRYPTO");
    expect(started.server.statistics().answered).toBe(0);
  }
});

test("a message that is sent back to its sender does not decrypt", async () => {
  const started = await start();
  const wire = await Wire.enter({ port: started.port, psk: started.psk, key: started.keys.privateKey });
  const welcome = (await wire.reader.message()) ?? Buffer.alloc(0);
  wire.write(framed(welcome));
  expect((await started.next("close")).code).toBe("CRYPTO");
});

test("a connection that is cut in the middle of a frame ends as truncated, and the frame does not run", async () => {
  const started = await start();
  const wire = await welcomed(started);
  const frame = lengthed(call(1, "double", 1));
  wire.write(framed(wire.tx.seal(frame.subarray(0, frame.length - 1))));
  wire.reader.socket.end();
  expect((await started.next("close")).code).toBe("TRUNCATED");
  expect(started.server.statistics().answered).toBe(0);
});

test("a connection that is cut under a call rejects it with CLOSED", async () => {
  const there = gate();
  const { port, psk, keys, next } = await start({
    wait: () => {
      there.enter();
      return new Promise<string>(() => {});
    },
  });
  const tap = await relay(port);
  await using tell = await dial(office, { port: tap.port, psk, key: keys.privateKey });
  const waiting = failure(tell.wait("a"));
  await there.entered;
  tap.cut();
  expect((await waiting).code).toBe("CLOSED");
  expect((await next("close")).code).toBe("TRUNCATED");
});

test("a message that does not decrypt ends that connection only", async () => {
  const started = await start();
  const good = await started.dial();
  const wire = await welcomed(started);
  const calls = Array.from({ length: 20 }, (_, i) => good.double(i));
  wire.write(framed(Buffer.alloc(64)));
  expect(await wire.frame()).toBe(undefined);
  expect((await started.next("close")).code).toBe("CRYPTO");
  expect(await Promise.all(calls)).toEqual(calls.map((_, i) => i * 2));
  expect(await good.double(7)).toBe(14);
});

test("a frame whose announced length is over the limit ends the connection before memory is taken", async () => {
  const started = await start();
  for (const length of [0, 2 ** 20 + 1, 2 ** 30, 2 ** 32 - 1]) {
    const wire = await welcomed(started);
    const before = process.memoryUsage();
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    wire.write(framed(wire.tx.seal(header)));
    expect(await wire.frame()).toBe(undefined);
    expect((await started.next("close")).code).toBe("PROTOCOL");
    const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
    expect(grown).toBeLessThan(32 * 2 ** 20);
  }
});

test("an announced message without a tag ends the connection", async () => {
  const started = await start();
  const wire = await welcomed(started);
  wire.write(Buffer.of(0, 15));
  expect(await wire.frame()).toBe(undefined);
  expect((await started.next("close")).code).toBe("PROTOCOL");
});

// In the place of a call's input, so that a decoder which took them would answer.
const inputs: Record<string, Buffer> = {
  "an array of four billion": Buffer.of(0xdd, 0xee, 0x6b, 0x28, 0x00),
  "a map of four billion": Buffer.of(0xdf, 0xee, 0x6b, 0x28, 0x00),
  "a string of four billion": Buffer.of(0xdb, 0xee, 0x6b, 0x28, 0x00),
  "bytes, four billion": Buffer.of(0xc6, 0xee, 0x6b, 0x28, 0x00),
  "a hundred thousand nested arrays": Buffer.concat([Buffer.alloc(100_000, 0x91), Buffer.of(0x90)]),
  "a million empty maps": Buffer.concat([Buffer.of(0xdd, 0, 0x0f, 0x42, 0x40), Buffer.alloc(1_000_000, 0x80)]),
  "a record definition": Buffer.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01),
  "a reference": Buffer.of(0xd6, 0x70, 0, 0, 0, 1),
  "a set": Buffer.of(0xd4, 0x73, 0, 0x90),
  "an error": Buffer.of(0xd4, 0x65, 0, 0x93, 0xa1, 0x61, 0xa1, 0x61, 0xc0),
  "a regular expression": Buffer.of(0xd4, 0x78, 0, 0x92, 0xa1, 0x61, 0xa0),
  "a bundle of strings": Buffer.of(0xd6, 0x62, 0, 0, 0, 1),
  "the byte that is never used": Buffer.of(0xc1),
  "a map with __proto__": pack(JSON.parse('{"__proto__": {"polluted": 1}}')),
  "a map with a number as key": Buffer.of(0x81, 0x01, 0x01),
};
const frames: Record<string, Buffer> = {
  "something behind the value": Buffer.concat([pack([8]), Buffer.of(0)]),
  "half a value": Buffer.of(0x92, 0x01),
  "no array": Buffer.of(0x80),
  "an unknown kind": pack([99, 1]),
  "a call without a name": pack([1, 1]),
  "a call with a broken deadline": pack([1, 1, "echo", 1, -1]),
  "a fractional id": pack([1, 1.5, "echo", 1, null]),
  "an even id": pack([1, 2, "echo", 1, null]),
  "a frame of a server": pack([5, 1, 1]),
  "a cancel of what was never sent": pack([2, 7]),
};
const bombs = [
  ...Object.entries(inputs).map(([name, input]) => [`a call with ${name}`, call(1, "echo", input)] as const),
  ...Object.entries(frames),
];

test.each(bombs)("a frame that is %s ends its connection, and the server goes on", async (_, bomb) => {
  const started = await start();
  const good = await started.dial();
  const wire = await welcomed(started);
  wire.pour(bomb);
  expect(await wire.frame()).toBe(undefined);
  expect((await started.next("close")).code).toBe("PROTOCOL");
  expect(await good.double(2)).toBe(4);
  expect(({} as { polluted?: number }).polluted).toBe(undefined);
});

test("an id that is used twice ends the connection", async () => {
  const started = await start();
  const wire = await welcomed(started);
  wire.write(wire.sealed(call(5, "double", 1), call(5, "double", 1)));
  expect((await started.next("close")).code).toBe("PROTOCOL");
});

test("names that are not in the contract are unknown, also those of every object", async () => {
  const wire = await welcomed(await start());
  const names = ["nope", "__proto__", "constructor", "toString", "hasOwnProperty", "then"];
  wire.write(wire.sealed(...names.map((name, i) => call(2 * i + 1, name, 1))));
  for (const [i] of names.entries()) {
    expect(await wire.frame()).toMatchObject([6, 2 * i + 1, { code: "UNKNOWN_METHOD" }]);
  }
});

test("an input that does not fit its schema is refused with path and reason, and does not run", async () => {
  const { dial: tell, server } = await start();
  const error = await failure((await tell()).store({ id: "1", title: "x" } as never));
  expect(error).toMatchObject({
    code: "INVALID_INPUT",
    remote: true,
    issues: [{ path: ["id"], message: "expected number, got string" }],
  });
  expect(error.message).toBe("store refused its input at id: expected number, got string");
  expect(server.statistics()).toMatchObject({ answered: 0, failed: 1 });
});

test("a method is for the roles that it allows", async () => {
  const { keys, psk, port, dial: tell } = await start();
  expect(await (await tell()).fire("me")).toBe("me");
  const guest = await start({}, { peers: [{ key: keys.publicKey, roles: ["guest"] }], psk });
  await using other = await dial(office, { port: guest.port, psk, key: keys.privateKey });
  expect(port).not.toBe(guest.port);
  expect((await failure(other.fire("me"))).code).toBe("FORBIDDEN");
  expect(await other.double(1)).toBe(2);
});

test("a plain error leaves no message, no stack and no path, only INTERNAL and the call's id", async () => {
  const secrets = [new Error("secret"), new TypeError("secret"), "secret", { secret: 1 }, null];
  secrets.push(Object.assign(new Error("ENOENT: /secret"), { code: "ENOENT", errno: -2, syscall: "open" }));
  secrets.push(
    Object.assign(new Error("secret"), { code: "ERR_SECRET" }),
    Object.assign(new Error("secret"), { code: 7 }),
  );
  const started = await start({
    wait: (input) => {
      throw secrets[Number(input)];
    },
  });
  const wire = await welcomed(started);
  for (const [i] of secrets.entries()) {
    wire.send([1, 2 * i + 1, "wait", String(i), null]);
    const frame = await wire.frame();
    expect(frame).toMatchObject([6, 2 * i + 1, { code: "INTERNAL", callId: `c1-${2 * i + 1}` }]);
    expect(JSON.stringify(frame)).not.toMatch(/secret|stack|\.ts|\.js/i);
  }
});

test("an error with a code leaves its code and the first line of its message", async () => {
  const { dial: tell } = await start({
    wait: () => {
      throw Object.assign(new Error("no such task\u001b[31m\n    at secret.ts:1"), {
        code: "NO_TASK",
        extra: "secret",
      });
    },
  });
  const error = await failure((await tell()).wait("a"));
  expect(error).toMatchObject({ code: "NO_TASK", message: "no such task [31m" });
  expect(JSON.stringify({ ...error, message: error.message })).not.toContain("secret");
});

test("calls in flight are capped with OVERLOADED, and a call that is cancelled counts until it has ended", async () => {
  const there = gate();
  const started = await start({ wait: () => there.opened }, { maxCallsPerPeer: 8 });
  const wire = await welcomed(started);
  const ids = Array.from({ length: 1000 }, (_, i) => 2 * i + 1);
  wire.write(wire.sealed(...ids.map((id) => call(id, "wait", "a"))));
  for (const id of ids.slice(8)) expect(await wire.frame()).toMatchObject([6, id, { code: "OVERLOADED" }]);
  wire.write(wire.sealed(...ids.slice(0, 4).map((id) => pack([2, id])), call(2001, "wait", "a")));
  expect(await wire.frame()).toMatchObject([6, 2001, { code: "OVERLOADED" }]);
  expect(started.server.statistics()).toMatchObject({ calls: 8, overloaded: 993 });
  there.open("done");
  for (const id of ids.slice(4, 8)) expect(await wire.frame()).toEqual([5, id, "done"]);
  wire.send([1, 2003, "double", 2, null]);
  expect(await wire.frame()).toEqual([5, 2003, 4]);
});

test("nothing behind a goodbye runs", async () => {
  const started = await start();
  const wire = await welcomed(started);
  wire.write(wire.sealed(call(1, "double", 1), pack([8]), call(3, "double", 1)));
  wire.send([1, 5, "double", 1, null]);
  expect((await started.next("close")).code).toBe("BYE");
  expect(started.server.statistics().answered).toBeLessThan(2);
});

test("a peer that sends calls and reads nothing is not read from, and its answers do not fill memory", async () => {
  let runs = 0;
  const started = await start({
    echo() {
      runs += 1;
      return "x".repeat(100_000);
    },
  });
  const wire = await welcomed(started);
  wire.reader.socket.pause();
  const padding = "p".repeat(2000);
  const good = await started.dial();
  for (let i = 0; i < 3000; i++) {
    wire.write(wire.sealed(call(2 * i + 1, "echo", padding)));
    // The server gets its turns in between, on a busy machine too.
    if (i % 20 === 0) await good.double(i);
  }
  for (let i = 0; i < 2000; i++) expect(await good.double(i)).toBe(2 * i);
  expect(runs).toBeGreaterThan(0);
  expect(runs).toBeLessThan(400);
  expect(started.server.statistics().overloaded).toBe(0);
});
