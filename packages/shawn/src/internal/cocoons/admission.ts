/**
 * Waiting for a store's cocoons to end, for so long at most. Whoever gives up has taken nothing.
 */
import { now, type Op, scope, select, timeout } from "@good-place/channel";
import { checkMs } from "@good-place/channel/kin";
import { checkOptions } from "@good-place/channel/misuse";
import { type AdmitOptions, AdmitTimeoutError } from "../../admit.js";
import type { Brood } from "./brood.js";

/** Waits until the journal is replayed, where there is one, and no cocoon lives; then takes what is to be had. */
export function admission<E, T>(
  options: AdmitOptions,
  replayed: Promise<void> | null,
  brood: Brood<E>,
  take: () => T,
): Op<T> {
  checkOptions("admit()", options, ["timeoutMs", "signal"]);
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined) checkMs("admit() timeoutMs", timeoutMs);
  return scope(() => waiting(replayed, brood, timeoutMs, take), { name: "admit", signal });
}

function* waiting<E, T>(
  replayed: Promise<void> | null,
  brood: Brood<E>,
  timeoutMs: number | undefined,
  take: () => T,
): Generator<unknown, T, never> {
  const start = now();
  const left = (): number | undefined => (timeoutMs === undefined ? undefined : Math.max(0, start + timeoutMs - now()));
  if (!((yield* settledWithin(replayed, left())) && (yield* brood.quiet(left())))) {
    throw new AdmitTimeoutError(timeoutMs as number, brood.living, now());
  }
  return take();
}

function* settledWithin(promise: Promise<void> | null, ms: number | undefined): Generator<unknown, boolean, never> {
  if (promise === null) return true;
  const { tag } = yield* select([promise, ms === undefined ? null : timeout(ms)]);
  return tag !== "timeout";
}
