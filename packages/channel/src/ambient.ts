/**
 * `@good-place/channel/ambient`: the time of day, chance and ids, as every package of the family asks for them: the
 * host's, and in a simulation those of its world, so that a run follows from its seed.
 */
import { runtime } from "./internal/runtime.js";

/** Milliseconds since 1970; in a simulation since its start, by the virtual clock. */
export function epoch(): number {
  return runtime.simulated ? runtime.now() : Date.now();
}

/** From 0 up to 1. Not for secrets. */
export function random(): number {
  return runtime.random();
}

/** A new UUID, version 4. In a simulation it follows from the seed, and is none that is unique elsewhere. */
export function uuid(): string {
  if (!runtime.simulated) return crypto.randomUUID();
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(runtime.random() * 16).toString(16));
}
