import { handshake } from "@good-place/hemple/noise";
import fc from "fast-check";
import { expect, test } from "vitest";
import { providers } from "./providers.js";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const [reference, ...others] = Object.entries(providers);
if (reference === undefined) throw new Error("there is no provider");
const [, model] = reference;

test.each(others)("%s computes what node:crypto computes", (_, provider) => {
  fc.assert(
    fc.property(exactly(32), exactly(32), bytes(300), bytes(300), exactly(12), (key, other, a, b, nonce) => {
      expect([...provider.hash(a, b)]).toEqual([...model.hash(a, b)]);
      expect([...provider.hmac(key, a, b)]).toEqual([...model.hmac(key, a, b)]);
      expect([...provider.hmac(b, a)]).toEqual([...model.hmac(b, a)]);
      const sealed = model.seal(key, nonce, a, b);
      expect([...provider.seal(key, nonce, a, b)]).toEqual([...sealed]);
      expect(Buffer.from(provider.open(key, nonce, a, sealed) ?? [0])).toEqual(Buffer.from(b));
      const theirs = model.keypair(other).publicKey;
      expect([...provider.keypair(other).publicKey]).toEqual([...theirs]);
      expect([...provider.dh(provider.keypair(key), theirs)]).toEqual([...model.dh(model.keypair(key), theirs)]);
    }),
    { numRuns: 40 },
  );
});

test.each(Object.entries(providers))("%s opens nothing under another key, nonce or associated data", (_, provider) => {
  fc.assert(
    fc.property(
      exactly(32),
      exactly(12),
      bytes(50),
      bytes(100),
      fc.nat(2),
      fc.nat(31),
      (key, nonce, ad, text, part, at) => {
        const sealed = provider.seal(key, nonce, ad, text);
        const changed = [new Uint8Array(key), new Uint8Array(nonce), Uint8Array.of(...ad, 0)];
        const bytes = changed[part] as Uint8Array;
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 4;
        const wrong = [key, nonce, ad].map((same, i) => (i === part ? bytes : same)) as [
          Uint8Array,
          Uint8Array,
          Uint8Array,
        ];
        expect(provider.open(...wrong, sealed)).toBe(undefined);
      },
    ),
    { numRuns: 60 },
  );
});

test.each(Object.entries(providers))("%s agrees on no key with a point of small order", (_, provider) => {
  const points = [
    Buffer.alloc(32),
    Buffer.from(`01${"00".repeat(31)}`, "hex"),
    Buffer.from(`ec${"ff".repeat(30)}7f`, "hex"),
  ];
  for (const point of points) {
    const noise = handshake({ pattern: "NN", initiator: false, provider });
    expect(() => noise.read(point)).toThrow(expect.objectContaining({ code: "NOISE_POINT" }));
    let secret = new Uint8Array(32);
    try {
      secret = new Uint8Array(provider.dh(provider.keypair(), point));
    } catch {
      // It refuses by itself.
    }
    expect(secret).toEqual(new Uint8Array(32));
  }
});
