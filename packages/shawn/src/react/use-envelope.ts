/**
 * `useEnvelope`: what a component reads of an envelope. Every component of a render sees the same envelope, and one
 * renders again only when what it selects has changed. Nothing is written during a render but what that render alone
 * looks at, so a render that React throws away leaves no trace.
 */
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { same } from "../internal/telling/same.js";
import type { Shawn } from "../shawn.js";

// The envelope that the hydration of a store's page began with: boundaries that are hydrated later begin with it too.
const hydrations = new WeakMap<object, object>();

/** The envelope; the component renders again after every batch that has changed it. */
export function useEnvelope<E extends object>(office: Shawn<E>): E;
/**
 * What `select` gives of the envelope; the component renders again when that has changed, as `subscribe` has it: compared
 * by Object.is, plain objects and arrays by their values, so a selector may make a new one each time. It may be written
 * in place and use props. What it throws is thrown by the render, not by the act that has changed the envelope.
 */
export function useEnvelope<E extends object, T>(office: Shawn<E>, select: (envelope: E) => T): T;
export function useEnvelope<E extends object>(office: Shawn<E>, select: (envelope: E) => unknown = itself): unknown {
  const shown = useRef<{ readonly value: unknown } | null>(null);
  const source = useMemo(() => reader(office, select, shown), [office, select]);
  const value = useSyncExternalStore(source.subscribe, source.now, source.begun);
  useEffect(() => {
    shown.current = { value };
    source.hydrated();
  });
  return value;
}

function itself<E>(envelope: E): E {
  return envelope;
}

interface Reader {
  subscribe(changed: () => void): () => void;
  now(): unknown;
  /** What the server rendered, or renders. */
  begun(): unknown;
  /** To be called in effects, which a server does not have. */
  hydrated(): void;
}

function reader<E extends object>(
  office: Shawn<E>,
  select: (envelope: E) => unknown,
  shown: { readonly current: { readonly value: unknown } | null },
): Reader {
  let last: { readonly envelope: E; readonly value: unknown } | null = null;
  let begun: E | null = null;
  const read = (envelope: E): unknown => {
    if (last?.envelope === envelope) return last.value;
    const came = select(envelope);
    const before = last ?? shown.current;
    last = { envelope, value: before !== null && same(came, before.value) ? before.value : came };
    return last.value;
  };
  // A row may be gone while its component still stands: React has to render to find out, and the parent goes first.
  const attempted = (envelope: E): unknown => {
    try {
      return select(envelope);
    } catch (error) {
      // Reads all there is, so that it is asked again whatever changes.
      Object.keys(envelope);
      return new Thrown(error);
    }
  };
  return {
    subscribe: (changed) => office.subscribe(attempted, changed),
    now: () => read(office.envelope),
    begun: () => {
      begun ??= (hydrations.get(office) as E | undefined) ?? office.envelope;
      return read(begun);
    },
    hydrated: () => {
      if (begun !== null && !hydrations.has(office)) hydrations.set(office, begun);
    },
  };
}

// Like nothing else, and so always a change.
class Thrown {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
