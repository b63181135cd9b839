/**
 * Sends imported intervals to the server: in acts of so many, one command that is undone as one. More than one act is tried
 * in a dry run first, so that a refusal of its end does not come too late.
 */
import { randomUUID } from "node:crypto";
import { parseHandle } from "../../domain/handle.js";
import { IMPORT_MOST } from "../../domain/index.js";
import type { Finished } from "../../import/plan.js";
import { call } from "../call.js";
import { progress } from "./progress.js";

// Well below the longest message.
const BATCH_BYTES = 2 ** 20;

export interface Sum {
  readonly added: number;
  readonly known: number;
}

export async function send(found: readonly Finished[], zone: string, shown: boolean): Promise<Sum> {
  if (found.length === 0) return { added: 0, known: 0 };
  const batches = [...batched(found.map(intervalOf))];
  const command = randomUUID();
  return await call(async (neil, options) => {
    const sum = { added: 0, known: 0 };
    using bar = progress("importing", found.length, shown);
    for (const dryRun of batches.length > 1 ? [true, false] : [false]) {
      for (const [index, intervals] of batches.entries()) {
        const ask = { zone, intervals, dryRun, command: `${command}#${index}` };
        const { added, known } = await neil["interval/import"](ask, options);
        if (dryRun) continue;
        sum.added += added;
        sum.known += known;
        bar.at(sum.added + sum.known);
      }
    }
    return sum;
  });
}

type Interval = ReturnType<typeof intervalOf>;

function intervalOf({ draft: { id, handle, start, end, note, tags, billable = true, zone } }: Finished) {
  const entered = zone === undefined ? {} : { zone };
  return { id, handle: parseHandle(handle), start, end, note, tags: [...tags], billable, ...entered };
}

function* batched(intervals: readonly Interval[]): Generator<Interval[]> {
  let batch: Interval[] = [];
  let bytes = 0;
  for (const interval of intervals) {
    const size = Buffer.byteLength(JSON.stringify(interval));
    if (batch.length === IMPORT_MOST || bytes + size > BATCH_BYTES) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(interval);
    bytes += size;
  }
  yield batch;
}
