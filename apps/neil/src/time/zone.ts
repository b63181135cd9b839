/**
 * Time zones by their IANA names, as this machine knows them. Apart from the calendar, which is long to load.
 */
import { NeilError } from "../errors.js";

const known = new Map<string, boolean>();
// Whoever asks for more of them than there are makes them up.
const MOST = 1000;

export function isZone(zone: string): boolean {
  const before = known.get(zone);
  if (before !== undefined) return before;
  const is = formats(zone);
  if (known.size < MOST) known.set(zone, is);
  return is;
}

/** The zone, or UTC where this machine does not know it: it came with an act of another one. */
export function zoneHere(zone: string): string {
  return isZone(zone) ? zone : "UTC";
}

/** The zone by its IANA name, in the case in which that is written. Throws BAD_ZONE. */
export function checkZone(zone: string): string {
  if (isZone(zone)) {
    // An old name stays what it is: Intl would make another of it.
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    return timeZone.toLowerCase() === zone.toLowerCase() ? timeZone : zone;
  }
  const advice = "name a zone of the IANA list, like Europe/Prague, or UTC";
  throw new NeilError("BAD_ZONE", `there is no time zone ${JSON.stringify(zone)}`, { advice });
}

// An offset has no summer: newer Nodes take it, and it is not what a day is cut by.
function formats(timeZone: string): boolean {
  if (!/^[A-Za-z]/.test(timeZone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}
