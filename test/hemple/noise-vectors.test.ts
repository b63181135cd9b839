/**
 * The Noise core against fixed vectors. The file with them lies beside the repository and is no part of it; without
 * it this suite is skipped and says so, and noise.test.ts still holds a handshake of our own.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { handshake, type NoiseProvider } from "@good-place/hemple/noise";
import { describe, expect, test } from "vitest";
import { providers } from "./providers.js";

interface Vector {
  readonly protocol_name: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
  readonly [field: string]: unknown;
}

const file = fileURLToPath(new URL("../../../shared/vectors/noise-25519-chachapoly-blake2b.json", import.meta.url));
const there = existsSync(file);
const vectors: Vector[] = there ? (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors : [];
if (!there) console.warn("Noise vectors: ../shared/vectors is not there, the vectors are SKIPPED");

const bytes = (hex: unknown): Uint8Array | undefined =>
  typeof hex === "string" ? new Uint8Array(Buffer.from(hex, "hex")) : undefined;
const hex = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString("hex");

function end(vector: Vector, side: "init" | "resp", provider: NoiseProvider) {
  return handshake({
    provider,
    pattern: vector.protocol_name.split("_")[1] ?? "",
    initiator: side === "init",
    prologue: bytes(vector[`${side}_prologue`]),
    s: bytes(vector[`${side}_static`]),
    e: bytes(vector[`${side}_ephemeral`]),
    rs: bytes(vector[`${side}_remote_static`]),
    psks: (vector[`${side}_psks`] as string[] | undefined)?.map((psk) => bytes(psk) as Uint8Array),
  });
}

describe.skipIf(!there).each(Object.entries(providers))("Noise vectors over %s", (_name, provider) => {
  test.each(vectors.map((vector) => [vector.protocol_name, vector] as const))("%s gives the vector's bytes", (_, v) => {
    let [from, to] = [end(v, "init", provider), end(v, "resp", provider)];
    for (const { payload, ciphertext } of v.messages) {
      const data = bytes(payload) as Uint8Array;
      const message = from.tx === undefined ? from.write(data) : from.tx.seal(data);
      expect(hex(message)).toBe(ciphertext);
      expect(hex(to.rx === undefined ? to.read(message) : to.rx.open(message))).toBe(payload);
      [from, to] = [to, from];
    }
    expect(hex(from.hash)).toBe(hex(to.hash));
    if (v.handshake_hash !== undefined) expect(hex(from.hash)).toBe(v.handshake_hash);
  });
});
