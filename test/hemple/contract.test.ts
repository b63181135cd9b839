import { contract, generateKeys, hemple, method } from "@good-place/hemple";
import { expect, test } from "vitest";
import { failure, office, plain, start, thrown } from "./office.js";
import { number, text } from "./schemas.js";

test("contract keeps its own names and nothing else", () => {
  const made = contract({
    "task/start": method({ input: number, output: text, idempotent: true, allowed: ["owner"] }),
  });
  expect(Object.keys(made)).toEqual(["task/start"]);
  expect(made["task/start"]).toMatchObject({ input: number, output: text, idempotent: true, allowed: ["owner"] });
  expect("toString" in made).toBe(false);
  expect(Object.isFrozen(made)).toBe(true);
});

test("contract refuses names that mean something to JavaScript", () => {
  const names = ["then", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
  for (const name of [...names, "__defineGetter__", "isPrototypeOf", "", "x".repeat(129)]) {
    expect([name, thrown(() => contract({ [name]: method() }))]).toEqual([name, "BAD_NAME"]);
  }
  expect(thrown(() => contract({ [Symbol("x")]: method() } as never))).toBe("BAD_NAME");
});

test("contract refuses a literal __proto__, inherited methods, and what method() did not make", () => {
  expect(thrown(() => contract({ __proto__: { hidden: method() } } as never))).toBe("BAD_NAME");
  expect(thrown(() => contract(Object.create({ hidden: method() })))).toBe("BAD_NAME");
  expect(thrown(() => contract({ a: { input: number } } as never))).toBe("BAD_METHOD");
  expect(thrown(() => contract({ a: undefined } as never))).toBe("BAD_METHOD");
});

test("method refuses unknown options and says which one was meant", () => {
  const misspelt = { inptu: number } as never;
  expect(thrown(() => method(misspelt))).toBe("UNKNOWN_OPTION");
  expect(() => method(misspelt)).toThrow('there is no option "inptu"; did you mean "input"?');
});

test("method refuses output beside stream, and positions of what is no stream", () => {
  expect(thrown(() => method({ stream: number, output: number }))).toBe("BAD_OPTION");
  expect(thrown(() => method({ position: () => 1 }))).toBe("BAD_OPTION");
  expect(thrown(() => method({ feed: number, stream: number, position: (item) => item }))).toBe("BAD_OPTION");
  expect(thrown(() => method({ maxBytes: 0 }))).toBe("BAD_OPTION");
  expect(thrown(() => method({ compress: "always" as never }))).toBe("BAD_OPTION");
});

test("method refuses what is no schema, no flag and no list of roles", () => {
  for (const wrong of [{ input: {} }, { output: "string" }, { idempotent: 1 }, { allowed: [] }, { allowed: "owner" }]) {
    expect(thrown(() => method(wrong as never))).toBe("BAD_OPTION");
  }
});

test("hemple refuses a missing handler, an unknown one, and an async generator", async () => {
  const options = { port: 0, key: generateKeys().privateKey, psk: generateKeys().privateKey };
  const { act: _, ...missing } = plain;
  expect((await failure(hemple(office, missing as never, options))).code).toBe("MISSING_HANDLER");
  const extra = { ...plain, ecko: () => 1 } as never;
  expect(await failure(hemple(office, extra, options))).toMatchObject({ code: "UNKNOWN_HANDLER" });
  expect((await failure(hemple(office, extra, options))).message).toContain('did you mean "echo"?');
  const streaming = { ...plain, echo: async function* () {} } as never;
  expect((await failure(hemple(office, streaming, options))).code).toBe("NOT_A_STREAM");
});

test("hemple refuses misspelt limits, short keys, bad PSKs and peers that are given twice", async () => {
  const key = generateKeys();
  const good = { port: 0, key: key.privateKey, psk: key.privateKey };
  const refused = async (more: object): Promise<unknown> =>
    (await failure(hemple(office, plain, { ...good, ...more } as never))).code;
  expect(await refused({ maxHalfopen: 3 })).toBe("UNKNOWN_OPTION");
  expect(await refused({ key: new Uint8Array(31) })).toBe("NOISE_KEY");
  expect(await refused({ psk: new Uint8Array(32) })).toBe("NOISE_PSK");
  expect(await refused({ port: 65_536 })).toBe("BAD_OPTION");
  expect(await refused({ handshakeMs: 0 })).toBe("BAD_OPTION");
  expect(await refused({ supervisor: {} })).toBe("BAD_OPTION");
  expect(await refused({ peers: [{ key: key.publicKey }, { key: key.publicKey }] })).toBe("BAD_OPTION");
  expect(await refused({ peers: [{ key: new Uint8Array(32) }] })).toBe("BAD_OPTION");
  expect(await refused({ peers: [{ key: key.publicKey, role: [] }] })).toBe("UNKNOWN_OPTION");
});

test("the client has the contract's names as own properties and no others", async () => {
  const { dial } = await start();
  const tell = await dial();
  expect(Object.keys(tell)).toEqual(Object.keys(office));
  for (const name of ["then", "toString", "constructor", "__proto__"]) expect(name in tell).toBe(false);
  expect(Object.isFrozen(tell)).toBe(true);
});
