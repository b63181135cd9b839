/**
 * The primitives that are used in Node unless others are given: those of sodium-native where it is installed, else those
 * of `node:crypto`.
 */
import type { NoiseProvider } from "../noise/provider.js";
import { nodeProvider } from "./node-provider.js";
import { sodiumProvider } from "./sodium-provider.js";

export const defaultProvider: NoiseProvider = sodiumProvider ?? nodeProvider;
