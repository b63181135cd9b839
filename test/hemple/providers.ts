/**
 * Every provider of the primitives that this machine has.
 */
import type { NoiseProvider } from "@good-place/hemple/noise";
import { nobleProvider } from "@good-place/hemple/noise/noble";
import { nodeProvider } from "@good-place/hemple/noise/node";
import { sodiumProvider } from "@good-place/hemple/noise/sodium";

if (sodiumProvider === undefined) console.warn("sodium-native does not load here: its tests are SKIPPED");

export const providers: Readonly<Record<string, NoiseProvider>> = {
  "node:crypto": nodeProvider,
  "@noble": nobleProvider,
  ...(sodiumProvider && { "sodium-native": sodiumProvider }),
};
