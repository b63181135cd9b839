/** What a journal says to records that it does not take. Nothing has changed then. */

import { MansionError } from "./errors.js";
import type { Place } from "./scan.js";

/** A record that does not go on where the journal ends. */
export function wrongSequence(place: Place, seq: number, next: number): MansionError {
  const text = `journal "${place.journal}" in ${place.path} goes on with record ${next}, got ${seq}`;
  return new MansionError("JOURNAL_SEQUENCE", `${text}: append each record once, in order`, { ...place, seq });
}

/** A record that is larger than the limit. */
export function tooLarge(place: Place, seq: number, bytes: number, limit: number): MansionError {
  const text = `record ${seq} of journal "${place.journal}" in ${place.path} has ${bytes} bytes, at most ${limit} are taken`;
  const advice = "keep large things in files and their names in acts, or open the mansion with a larger maxRecordBytes";
  return new MansionError("JOURNAL_TOO_LARGE", `${text}: ${advice}`, { ...place, seq });
}

/** Any record, where there is nothing to write to. `why` goes on after the journal's name. */
export function readOnly(place: Place, why: string): MansionError {
  const text = `journal "${place.journal}" in ${place.path} ${why}, and takes no records`;
  return new MansionError("MANSION_READ_ONLY", `${text}: write where the mansion is open for writing`, { ...place });
}
