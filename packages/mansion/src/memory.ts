/**
 * A journal in memory: the contract without the durability, for tests and for stores that need not outlive their process.
 * It keeps the text of records, as the others do: what comes back is equal and nobody else's.
 */

import type { Journal, JournalRecord, Snapshot } from "@good-place/shawn";
import { assertNumber, type Body, decodeRecordBody, encodeRecordBody } from "./body.js";
import { MansionError } from "./errors.js";

/**
 * A new, empty journal. `append` rejects with JOURNAL_SEQUENCE unless `seq` goes on where the journal ends, and with
 * JOURNAL_RECORD for what is not plain data; either changes nothing. It grows as long as it lives.
 */
export function memoryJournal(): Required<Journal> {
  const bodies: Body[] = [];
  const snapshots = new Map<string, Snapshot>();
  return {
    durability: "memory",
    where: "a journal in memory",
    async append(records) {
      const added: Body[] = [];
      for (const record of records) {
        const next = bodies.length + added.length + 1;
        if (record.seq !== next) throw wrongSequence(record.seq, next);
        added.push(encodeRecordBody(record));
      }
      for (const body of added) bodies.push(body);
    },
    async *replay(from) {
      assertNumber("replay() starts", from);
      // As many as there are now.
      const { length } = bodies;
      for (let seq = Math.max(1, from); seq <= length; seq++) {
        yield decodeRecordBody(bodies[seq - 1] as Body, seq) as JournalRecord;
      }
    },
    async snapshot(fold) {
      return snapshots.get(fold);
    },
    async keep(snapshot) {
      if (snapshot.seq > (snapshots.get(snapshot.fold)?.seq ?? -1) && snapshot.seq <= bodies.length) {
        snapshots.set(snapshot.fold, { ...snapshot });
      }
    },
  };
}

function wrongSequence(seq: number, next: number): MansionError {
  const text = `a journal in memory goes on with record ${next}, got ${seq}: append each record once, in order`;
  return new MansionError("JOURNAL_SEQUENCE", text, { seq });
}
