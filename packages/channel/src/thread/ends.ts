/**
 * The ends of this thread by the id of their channel, so that a channel that comes back is the one that was sent. An end
 * that nobody holds is collected, and its wire closed.
 */
import type { Wire } from "./protocol.js";

const known = new Map<string, WeakRef<object>>();
const collected = new FinalizationRegistry<{ readonly id: string; readonly wire: Wire | null }>(({ id, wire }) => {
  wire?.close();
  if (here(id) === undefined) known.delete(id);
});

export function newId(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}

/** The end of the channel in this thread, if it is still used. */
export function here(id: string): object | undefined {
  return known.get(id)?.deref();
}

/** From now on a handle of the channel that comes to this thread stands for this end. */
export function remember(id: string, end: object, wire: Wire | null = null): void {
  if (here(id) === end) return;
  known.set(id, new WeakRef(end));
  collected.register(end, { id, wire });
}
