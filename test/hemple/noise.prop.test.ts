import { publicKey } from "@good-place/hemple";
import { type Handshake, handshake } from "@good-place/hemple/noise";
import fc from "fast-check";
import { expect, test } from "vitest";
import { providers } from "./providers.js";

// A pattern's name, the number of its messages, and who knows whose key beforehand.
const bases = { NN: 2, NK: 2, NX: 2, KN: 2, KK: 2, KX: 2, XN: 3, XK: 3, XX: 3, IN: 2, IK: 2, IX: 2 } as const;
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes.some((byte) => byte !== 0));
const payload = fc.uint8Array({ maxLength: 200 });
const pattern = fc
  .constantFrom(...(Object.keys(bases) as (keyof typeof bases)[]))
  .chain((base) =>
    fc
      .subarray(Array.from({ length: bases[base] + 1 }, (_, place) => `psk${place}`))
      .map((psks) => ({ base, psks: psks.length, name: base + psks.join("+") })),
  );

const provider = fc.constantFrom(...Object.values(providers));

test("random handshakes of every pattern between random providers complete, agree on the hash, and carry their payloads", () => {
  fc.assert(
    fc.property(
      pattern,
      fc.tuple(key, key),
      fc.tuple(provider, provider),
      fc.array(key, { minLength: 4, maxLength: 4 }),
      payload,
      (p, [s1, s2], [provider1, provider2], keys, data) => {
        const psks = keys.slice(0, p.psks);
        const prologue = data.slice(0, 5);
        const shared = { pattern: p.name, prologue, psks };
        const rs1 = p.base[1] === "K" ? publicKey(s2) : undefined;
        const rs2 = p.base[0] === "K" ? publicKey(s1) : undefined;
        const a = handshake({ ...shared, initiator: true, s: s1, rs: rs1, provider: provider1 });
        const b = handshake({ ...shared, initiator: false, s: s2, rs: rs2, provider: provider2 });
        let [from, to]: Handshake[] = [a, b];
        while (from !== undefined && to !== undefined && !from.complete) {
          expect(to.read(from.write(data))).toEqual(data);
          [from, to] = [to, from];
        }
        expect(a.hash).toEqual(b.hash);
        expect(b.rx?.open(a.tx?.seal(data) as Uint8Array)).toEqual(data);
      },
    ),
    { numRuns: 60 },
  );
});

test("no random change of a sealed message decrypts", () => {
  const psk = new Uint8Array(32).fill(3);
  const shared = { pattern: "NNpsk0", psks: [psk] };
  const [a, b] = [handshake({ ...shared, initiator: true }), handshake({ ...shared, initiator: false })];
  b.read(a.write());
  a.read(b.write());
  const { tx } = a;
  const { rx } = b;
  if (tx === undefined || rx === undefined) throw new Error("the handshake is not complete");
  const change = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(payload, change, fc.integer({ min: -3, max: 3 }), (data, changes, cut) => {
      rx.n = tx.n;
      const sealed = tx.seal(data);
      const wrong =
        cut > 0 ? Buffer.concat([sealed, Buffer.alloc(cut)]) : Buffer.from(sealed.subarray(0, sealed.length + cut));
      for (const [place, mask] of changes) wrong[place % wrong.length] = (wrong[place % wrong.length] ?? 0) ^ mask;
      fc.pre(!wrong.equals(sealed));
      expect(() => rx.open(wrong)).toThrow();
      expect(rx.open(sealed)).toEqual(data);
    }),
    { numRuns: 500 },
  );
});
