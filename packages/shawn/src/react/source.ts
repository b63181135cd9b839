/**
 * `asReactSource`: the store as a state and a pure reducer over what happens to it, which is what a renderer needs that
 * applies the same change to more than one state.
 */
import type { ConfirmedAct } from "../act.js";
import type { Shawn } from "../shawn.js";

/** What has become of the envelope in one batch. */
export interface Change<E> {
  readonly previous: E;
  readonly next: E;
  /** None when the envelope was replaced: by a replay, or when it went back to what is durable. */
  readonly confirmed: readonly ConfirmedAct[];
}

export interface ReactSource<E> {
  getState(): E;
  /** Pure. On the state that the change was made of it gives the very envelope of the store; on another it runs the updates. */
  reducer(state: E, change: Change<E>): E;
  /** Calls back with the change after every batch that was drained. Returns a function that ends it. */
  subscribe(changed: (change: Change<E>) => void): () => void;
}

/**
 * The store as a source for concurrent rendering. Updates that run again on another state get the payload that their
 * act's schema gave, so the schema has to accept it.
 */
export function asReactSource<E extends object>(office: Shawn<E>): ReactSource<E> {
  return {
    getState: () => office.envelope,
    reducer: (state, { previous, next, confirmed }) => {
      if (state === previous || confirmed.length === 0) return next;
      return confirmed.reduce((envelope, act) => office.reduce(envelope, act), state);
    },
    subscribe: (changed) => office.subscribe((next, previous, confirmed) => changed({ previous, next, confirmed })),
  };
}
