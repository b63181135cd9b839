import { randomBytes } from "node:crypto";
import {
  generateKeyPair,
  type Handshake,
  type HandshakeOptions,
  handshake,
  MAX_PLAINTEXT,
} from "@good-place/hemple/noise";
import { nodeProvider } from "@good-place/hemple/noise/node";
import { expect, test } from "vitest";
import { thrown } from "./office.js";

const PATTERN = "XXpsk0+psk3";
const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const psk = bytes(32);
const alice = generateKeyPair();
const bob = generateKeyPair();

function ends(pattern = PATTERN, more: Partial<HandshakeOptions> = {}): [Handshake, Handshake] {
  const psks = pattern === PATTERN ? [psk, psk] : [];
  return [
    handshake({ pattern, initiator: true, s: alice.privateKey, psks, ...more }),
    handshake({ pattern, initiator: false, s: bob.privateKey, psks, ...more }),
  ];
}

function complete(pattern = PATTERN): [Handshake, Handshake] {
  const [a, b] = ends(pattern);
  b.read(a.write());
  a.read(b.write());
  b.read(a.write());
  return [a, b];
}

const used = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("the handshake is not complete");
  return value;
};

test("a handshake with fixed keys gives its known hash and first ciphertext", () => {
  const fixed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const shared = { pattern: PATTERN, prologue: new Uint8Array([1, 2, 3]), psks: [fixed(7), fixed(8)] };
  const a = handshake({ ...shared, initiator: true, s: fixed(1), e: fixed(2) });
  const b = handshake({ ...shared, initiator: false, s: fixed(3), e: fixed(4) });
  b.read(a.write());
  a.read(b.write());
  b.read(a.write());
  expect(Buffer.from(used(a.hash)).toString("hex")).toMatchInlineSnapshot(
    `"83f5f97570c3113d5cd027343d74efa9ae2fca76660c0b6156d8a0a47fac6ebb447c4590c85740a3e8f31f66402c265044819586da611479014a151688d71877"`,
  );
  expect(Buffer.from(used(a.tx).seal(fixed(9))).toString("hex")).toMatchInlineSnapshot(
    `"195110d23c3f4ce0380f3987763a5735d2220b4872a8ad94449f2647923c1a30f9d8aa94f4f57d58afdc7753cb0f0ac9"`,
  );
});

test("both ends agree on the hash, know each other's key, and read each other", () => {
  const [a, b] = complete();
  expect([a.complete, b.complete]).toEqual([true, true]);
  expect(a.hash).toEqual(b.hash);
  expect([a.rs, b.rs]).toEqual([bob.publicKey, alice.publicKey]);
  const ad = bytes(5);
  expect(used(b.rx).open(used(a.tx).seal(psk, ad), ad)).toEqual(psk);
  expect(used(a.rx).open(used(b.tx).seal(psk))).toEqual(psk);
});

test("before completion there is no hash and no cipher", () => {
  const [a] = ends();
  expect([a.complete, a.hash, a.tx, a.rx, a.rs]).toEqual([false, undefined, undefined, undefined, undefined]);
});

test("another prologue makes the handshake fail at the first message that is encrypted", () => {
  const a = handshake({ pattern: PATTERN, initiator: true, s: alice.privateKey, psks: [psk, psk], prologue: bytes(3) });
  const [, b] = ends();
  expect(thrown(() => b.read(a.write()))).toBe("NOISE_DECRYPT");
});

test("after a failed read the handshake refuses to go on", () => {
  const [a, b] = ends();
  const message = a.write();
  message[40] = (message[40] ?? 0) ^ 1;
  expect(thrown(() => b.read(message))).toBe("NOISE_DECRYPT");
  expect(thrown(() => b.read(message))).toBe("NOISE_POISONED");
  expect(thrown(() => b.write())).toBe("NOISE_POISONED");
});

test("PSKs are refused that are too few, too many, too short, too long, or zeros", () => {
  const make = (pattern: string, psks: Uint8Array[]) => () =>
    handshake({ pattern, initiator: true, s: alice.privateKey, psks });
  for (const psks of [[], [psk], [psk, psk, psk], [psk, bytes(31)], [bytes(33), psk], [psk, new Uint8Array(32)]]) {
    expect(thrown(make(PATTERN, psks))).toBe("NOISE_PSK");
  }
});

test("a PSK given to a pattern without one is refused", () => {
  expect(thrown(() => handshake({ pattern: "NN", initiator: true, psks: [psk] }))).toBe("NOISE_PSK");
});

test("unknown patterns, repeated and misplaced psk modifiers and unknown options are refused", () => {
  for (const pattern of ["ZZ", "XXpsk4", "NNpsk3", "XXpsk0+psk0", "XXfallback", "constructor", ""]) {
    expect(thrown(() => handshake({ pattern, initiator: true, s: alice.privateKey }))).toBe("NOISE_PATTERN");
  }
  const misspelt = { pattern: "NN", initiator: true, psk: [psk] };
  expect(() => handshake(misspelt)).toThrow('did you mean "psks"?');
});

test("keys that are missing or not 32 bytes are refused", () => {
  const make = (more: Partial<HandshakeOptions>) => () => handshake({ pattern: "IK", initiator: true, ...more });
  for (const more of [{}, { s: alice.privateKey }, { s: bytes(31), rs: bob.publicKey }, { s: psk, rs: bytes(33) }]) {
    expect(thrown(make(more))).toBe("NOISE_KEY");
  }
});

test("public keys of zeros and of small order are refused, whichever bits are set", () => {
  const low = ["00".repeat(32), `01${"00".repeat(31)}`, `${"00".repeat(31)}80`, `ec${"ff".repeat(30)}7f`];
  low.push("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", `ee${"ff".repeat(30)}ff`);
  for (const hex of low) {
    const point = new Uint8Array(Buffer.from(hex, "hex"));
    const b = handshake({ pattern: "NN", initiator: false });
    expect(thrown(() => b.read(point))).toBe("NOISE_POINT");
    expect(thrown(() => b.write())).toBe("NOISE_POISONED");
    expect(thrown(() => handshake({ pattern: "NK", initiator: true, rs: point }))).toBe("NOISE_POINT");
  }
});

test("a shared secret of zeros is refused, whatever the provider says", () => {
  const provider = { ...nodeProvider, dh: () => new Uint8Array(32) };
  const [a, b] = ends("NN", { provider });
  b.read(a.write());
  expect(thrown(() => b.write())).toBe("NOISE_POINT");
});

test("a static key other than the pinned one is refused", () => {
  const [a, b] = ends(PATTERN);
  const pinning = handshake({ pattern: "XX", initiator: true, s: alice.privateKey, rs: alice.publicKey });
  const answering = handshake({ pattern: "XX", initiator: false, s: bob.privateKey });
  answering.read(pinning.write());
  expect(thrown(() => pinning.read(answering.write()))).toBe("NOISE_PIN");
  expect([a.complete, b.complete]).toEqual([false, false]);
});

test("writing and reading out of turn, and after completion, is refused and does no harm", () => {
  const [a, b] = ends();
  expect(thrown(() => a.read(bytes(48)))).toBe("NOISE_TURN");
  expect(thrown(() => b.write())).toBe("NOISE_TURN");
  b.read(a.write());
  a.read(b.write());
  b.read(a.write());
  expect(thrown(() => a.write())).toBe("NOISE_TURN");
  expect(a.hash).toEqual(b.hash);
});

test("messages that are too short, too long, cut or extended are refused", () => {
  const message = ends()[0].write();
  for (const wrong of [message.subarray(0, 47), new Uint8Array(0), Buffer.concat([message, bytes(1)]), bytes(65_536)]) {
    const [, b] = ends();
    expect(thrown(() => b.read(wrong))).toMatch(/NOISE_LENGTH|NOISE_DECRYPT/);
    expect(b.complete).toBe(false);
  }
  expect(thrown(() => ends()[0].write(bytes(65_535)))).toBe("NOISE_LENGTH");
});

test("a line takes 65,519 bytes a message and refuses one more, and messages without a tag", () => {
  const [a, b] = complete();
  const most = bytes(MAX_PLAINTEXT);
  expect(used(b.rx).open(used(a.tx).seal(most))).toEqual(most);
  expect(thrown(() => used(a.tx).seal(bytes(MAX_PLAINTEXT + 1)))).toBe("NOISE_LENGTH");
  for (const length of [0, 15, 65_536]) expect(thrown(() => used(b.rx).open(bytes(length)))).toBe("NOISE_LENGTH");
});

test("the nonce has 64 bits: across 2^32 the ciphertexts differ", () => {
  const [a, b] = complete();
  const [tx, rx] = [used(a.tx), used(b.rx)];
  const seen = new Set<string>();
  for (const n of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 64n - 2n]) {
    tx.n = n;
    rx.n = n;
    const sealed = tx.seal(psk);
    seen.add(Buffer.from(sealed).toString("hex"));
    expect(rx.open(sealed)).toEqual(psk);
  }
  expect(seen.size).toBe(6);
});

test("the last nonce is refused, and no nonce is used again", () => {
  const [a] = complete();
  const tx = used(a.tx);
  tx.n = 2n ** 64n - 2n;
  tx.seal(psk);
  expect(tx.n).toBe(2n ** 64n - 1n);
  expect(thrown(() => tx.seal(psk))).toBe("NOISE_NONCE");
  expect(thrown(() => tx.rekey())).toBe("nothing was thrown");
  expect(thrown(() => tx.seal(psk))).toBe("NOISE_NONCE");
  for (const n of [0n, 2n ** 64n]) {
    expect(
      thrown(() => {
        tx.n = n;
      }),
    ).toBe("NOISE_NONCE");
  }
});

test("rekey follows the specification: the first 32 bytes of zeros under the last nonce, the counter goes on", () => {
  const keys: Uint8Array[] = [];
  const nonces: Uint8Array[] = [];
  const provider: typeof nodeProvider = {
    ...nodeProvider,
    seal(key, nonce, ad, plaintext) {
      keys.push(key.slice());
      nonces.push(nonce.slice());
      return nodeProvider.seal(key, nonce, ad, plaintext);
    },
  };
  const [a, b] = ends("NN", { provider });
  b.read(a.write());
  a.read(b.write());
  const [tx, rx] = [used(a.tx), used(b.rx)];
  tx.seal(psk);
  const old = keys.at(-1) as Uint8Array;
  tx.rekey();
  const last = new Uint8Array([0, 0, 0, 0, ...new Array(8).fill(255)]);
  const derived = nodeProvider.seal(old, last, new Uint8Array(0), new Uint8Array(32)).slice(0, 32);
  expect(nonces.at(-1)).toEqual(last);
  expect(tx.n).toBe(1n);
  const sealed = tx.seal(psk);
  expect(keys.at(-1)).toEqual(derived);
  rx.n = 1n;
  expect(thrown(() => rx.open(sealed))).toBe("NOISE_DECRYPT");
  rx.rekey();
  expect(rx.open(sealed)).toEqual(psk);
});

test("a failed open leaves the counter where it was", () => {
  const [a, b] = complete();
  const sealed = used(a.tx).seal(psk);
  const wrong = sealed.slice();
  wrong[0] = (wrong[0] ?? 0) ^ 1;
  expect(thrown(() => used(b.rx).open(wrong))).toBe("NOISE_DECRYPT");
  expect(used(b.rx).n).toBe(0n);
  expect(used(b.rx).open(sealed)).toEqual(psk);
});
