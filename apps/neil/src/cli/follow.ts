/**
 * Follows the acts: every one that becomes durable, in its order, none twice and none left out, also over a server that
 * goes away and comes back.
 */
import type { Batch } from "../contract.js";
import { NeilError } from "../errors.js";
import type { CallOptions, Neil } from "./call.js";

/**
 * The acts behind `after`, then each as it comes; without `after` those from now on. The first batch, and the first behind
 * every break, has no acts: it says where things stand. Where the line breaks it goes on behind the last batch, as soon as the
 * server is back; `neil` has to be dialed to reconnect (`following` of call.ts), or it fails with CLOSED. Leaving the loop
 * ends it, and so does the signal. Throws CONFLICT where the server knows of less than `after`: it is on another journal.
 */
export async function* follow(
  neil: Neil,
  after?: number,
  options: Pick<CallOptions, "signal"> = {},
): AsyncGenerator<Batch, void> {
  let seen = after ?? 0;
  for await (const batch of neil.acts({ ...(after !== undefined && { after }) }, options)) {
    if (batch.seq < seen)
      throw new NeilError("CONFLICT", `the server is at act ${batch.seq}, and ${seen} was seen here`);
    seen = batch.seq;
    yield batch;
  }
}
