/**
 * `useAdmit`: an act as a form or a button needs it: under way, or refused.
 */
import { emergence } from "@good-place/channel";
import { useCallback, useRef, useState } from "react";
import type { AnyActDefinition } from "../act.js";
import type { Shawn } from "../shawn.js";

export interface Admission<P extends readonly unknown[]> {
  /** Asks the store to confirm the act. Resolves to whether it did; never rejects. The same function in every render. */
  readonly run: (...payload: P) => Promise<boolean>;
  /** Is any of them under way? */
  readonly pending: boolean;
  /** Why the last that was asked for was refused; undefined while it is under way, and when it was not. */
  readonly error: unknown;
}

/**
 * Runs acts of one definition and tells how they fare: an act is under way until it is confirmed, with a journal until it
 * is durable, and fails with the refusal (a payload that its schema refuses, an update that throws, JOURNAL_FAILED, or
 * SUPERVISOR_CLOSED after the dismiss). What its cocoons do is for acts of theirs to tell.
 */
export function useAdmit<E extends object, D extends AnyActDefinition<E>>(
  office: Shawn<E>,
  act: D,
): Admission<Parameters<D>> {
  const [state, setState] = useState<{ running: number; error: unknown }>({ running: 0, error: undefined });
  const latest = useRef(0);
  const run = useCallback(
    async (...payload: Parameters<D>): Promise<boolean> => {
      const asked = ++latest.current;
      setState(({ running }) => ({ running: running + 1, error: undefined }));
      let refusal: { readonly error: unknown } | null = null;
      try {
        await emergence(office.flow, [act(...payload)]);
      } catch (error) {
        refusal = { error };
      }
      setState(({ running, error }) => ({
        running: running - 1,
        error: asked === latest.current ? refusal?.error : error,
      }));
      return refusal === null;
    },
    [office, act],
  );
  return { run, pending: state.running > 0, error: state.error };
}
