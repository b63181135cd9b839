/**
 * The history as the DevTools keep it, their "lifted state": staged actions, what the state was after each, and which are
 * skipped. An entry that is no act of the store (no meta) stands for its state.
 */
import type { Act } from "../../act.js";
import type { Meta } from "../../journal.js";
import type { Trail } from "./trail.js";

export interface Lifted {
  readonly actionsById: Readonly<Record<number, { readonly action: LiftedAction }>>;
  readonly stagedActionIds: readonly number[];
  computedStates: readonly { readonly state: unknown; readonly error?: string }[];
  skippedActionIds: readonly number[];
  readonly currentStateIndex?: unknown;
}

interface LiftedAction {
  readonly type: string;
  readonly payload?: unknown;
  readonly meta?: Meta | undefined;
}

/** Has it the shape of a history? What is in it is still to be doubted. */
export function lifted(value: unknown): Lifted {
  const { actionsById, stagedActionIds, computedStates, skippedActionIds } = (value ?? {}) as Partial<Lifted>;
  const lists = [stagedActionIds, computedStates, skippedActionIds];
  if (typeof actionsById === "object" && actionsById !== null && lists.every(Array.isArray)) return value as Lifted;
  throw new TypeError("the DevTools sent a history without its actions or states");
}

/** The place in the history that the DevTools show. */
export function current({ computedStates, currentStateIndex }: Lifted): number {
  const at = currentStateIndex as number;
  return Number.isInteger(at) && at >= 0 && at < computedStates.length ? at : computedStates.length - 1;
}

/** Skips the act, or takes it in again, and re-runs what came after. Gives the envelope after each. */
export function toggle<E>(
  history: Lifted,
  id: unknown,
  envelopes: Trail<E>,
  payloads: { back(plain: unknown): unknown },
  reduce: (envelope: E, act: Act) => E,
): E[] {
  const { actionsById, stagedActionIds, computedStates, skippedActionIds } = history;
  const start = stagedActionIds.indexOf(id as number);
  if (start < 1)
    throw new RangeError("the DevTools toggled an action that is not in their history, or is its beginning");
  const skipped = new Set(skippedActionIds);
  if (!skipped.delete(id as number)) skipped.add(id as number);
  const states: E[] = [];
  history.computedStates = stagedActionIds.map((staged, i) => {
    const was = computedStates[i];
    const action = actionsById[staged]?.action;
    let state = states[i - 1] as E;
    let error: string | undefined;
    if (i < start || action?.meta === undefined) state = envelopes.back(was?.state);
    else if (!skipped.has(staged)) {
      try {
        state = reduce(state, { name: action.type, payload: payloads.back(action.payload), meta: action.meta });
      } catch (thrown) {
        // A refused update changes nothing.
        error = String(thrown);
      }
    }
    states.push(state);
    return { state: envelopes.told(state, state), ...(error === undefined ? {} : { error }) };
  });
  history.skippedActionIds = [...skipped];
  return states;
}
