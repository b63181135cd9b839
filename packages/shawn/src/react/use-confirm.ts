/**
 * `useConfirm`: confirming acts from event handlers and effects.
 */
import { useCallback } from "react";
import type { Act } from "../act.js";
import type { Shawn } from "../shawn.js";

/** The store's `confirm` as a function that stays the same from render to render. It throws what `confirm` throws. */
export function useConfirm<E extends object>(office: Shawn<E>): (...acts: readonly Act[]) => void {
  return useCallback((...acts) => office.confirm(...acts), [office]);
}
