/** Ids of acts. */
import { uuid } from "@good-place/channel/ambient";

/** Unique everywhere, as a UUID for each would be, at a fraction of its cost: a store draws from the system's chance once. */
export function ids(): () => string {
  const store = uuid();
  let last = 0;
  return () => `${store}-${++last}`;
}
