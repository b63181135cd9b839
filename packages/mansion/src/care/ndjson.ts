/**
 * A journal as lines of JSON, to be read by people and other programs, and back.
 *
 *   first line  { "mansion": 1, "journal", "lineage", "records" }
 *   then        { "seq", "name", "meta", "payload", "escaped"?: true, "hash" }, one a record; `escaped` as in plain.ts
 *
 * Invariant: what is exported and imported again is the same journal, hash by hash. A line that was changed does not have
 * its hash any more and is refused; so whoever wants to change the past takes out the first line and the hashes, and gets
 * another journal.
 */

import type { JournalRecord, Meta } from "@good-place/shawn";
import { MansionError } from "../errors.js";
import type { LmdbJournal, Position } from "../journal.js";
import { decodePlain, encodePlain } from "../plain.js";
import { encodeRecord, hashOf } from "../record.js";

const format = 1;
const batch = 500;
const batchChars = 8 << 20;

/** Gives the lines, without line feeds. Throws what `replay` throws. */
export async function* exportLines(journal: LmdbJournal, to: number): AsyncGenerator<string, void, undefined> {
  const at = journal.position;
  const records = Math.min(at?.seq ?? 0, to);
  yield JSON.stringify({ mansion: format, journal: journal.name, lineage: at?.lineage ?? null, records });
  for await (const batch of journal.stored(1)) {
    for (const { seq, value } of batch) {
      if (seq > records) return;
      const { name, meta, payload } = journal.decode(value, seq);
      const plain = encodePlain(payload, "payload");
      const text = { seq, name, meta, payload: plain.value, escaped: plain.escaped || undefined };
      yield JSON.stringify({ ...text, hash: hashOf(value).toString("hex") });
    }
  }
}

/**
 * Appends the records of the lines. A journal that has some of them already gets the others; any other that is not empty
 * is refused with JOURNAL_NOT_EMPTY. A line that cannot be read or does not have its hash is refused with
 * JOURNAL_UNREADABLE, which names it; what was before it is there, and another import goes on behind it.
 */
export async function importLines(
  journal: LmdbJournal,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<Position | undefined> {
  const reading = new Reading(journal);
  let waiting: JournalRecord[] = [];
  let chars = 0;
  const flush = async (): Promise<void> => {
    const records = waiting;
    waiting = [];
    chars = 0;
    await journal.append(records);
  };
  try {
    for await (const line of lines) {
      const record = reading.line(line);
      if (record === undefined) continue;
      waiting.push(record);
      chars += line.length;
      if (waiting.length >= batch || chars >= batchChars) await flush();
    }
    await reading.end();
  } finally {
    await flush();
  }
  return journal.position;
}

// Follows the chain through the lines: the part that the journal has, then what is new.
class Reading {
  readonly #journal: LmdbJournal;
  readonly #there: Position | undefined;
  #line = 0;
  #seq = 0;
  #hash: Buffer | undefined;
  #records: number | undefined;

  constructor(journal: LmdbJournal) {
    this.#journal = journal;
    this.#there = journal.position;
  }

  /** The record of this line, if it is one that the journal has not. */
  line(text: string): JournalRecord | undefined {
    this.#line++;
    if (text.trim() === "") return undefined;
    const found = this.#parsed(text);
    if (this.#hash === undefined && found.mansion !== undefined) {
      this.#begin(found);
      return undefined;
    }
    this.#hash ??= this.#start(undefined);
    return this.#record(found);
  }

  async end(): Promise<void> {
    if (this.#records !== undefined && this.#seq !== this.#records) {
      throw this.#bad(`the lines end at record ${this.#seq}, their first line counts ${this.#records}`);
    }
    // Lines that end before the journal does have not been compared with it yet.
    if (this.#seq === 0 || this.#seq >= (this.#there?.seq ?? 0)) return;
    for await (const [stored] of this.#journal.stored(this.#seq)) {
      if (stored === undefined || !hashOf(stored.value).equals(this.#hash as Buffer)) throw this.#other();
      return;
    }
  }

  #begin({ mansion, lineage, records }: Record<string, unknown>): void {
    if (mansion !== format) throw this.#bad(`it is of format ${String(mansion)}, this version reads ${format}`);
    const known = typeof lineage === "string" && /^[0-9a-f]{64}$/.test(lineage) ? lineage : undefined;
    if (known === undefined && lineage !== null) throw this.#bad("its lineage is not 64 hexadecimal digits");
    if (!Number.isSafeInteger(records)) throw this.#bad("it does not say how many records follow");
    this.#records = records as number;
    this.#hash = this.#start(known);
  }

  #start(lineage: string | undefined): Buffer {
    const own = lineage === undefined ? undefined : Buffer.from(lineage, "hex");
    const there = this.#there;
    if (there === undefined) return this.#journal.begin(own);
    // Lines that name no lineage may be those that this journal was made of: its records tell.
    if (own === undefined || there.lineage === lineage) return Buffer.from(there.lineage, "hex");
    throw this.#notEmpty("is another journal");
  }

  #record(found: Record<string, unknown>): JournalRecord | undefined {
    const { seq, name, meta, payload, escaped, hash } = found;
    const next = this.#seq + 1;
    if (seq !== next) throw this.#bad(`record ${next} comes next, got ${String(seq)}`);
    if (hash === undefined) this.#checkMeta(meta, next);
    const { record, value } = this.#encoded(() => ({
      seq: next,
      name,
      payload: escaped === true ? decodePlain(payload) : payload,
      meta: { ...(meta as object), cause: causeOf(meta), by: byOf(meta) },
    }));
    this.#hash = hashOf(value);
    this.#seq = next;
    if (hash !== undefined && hash !== this.#hash.toString("hex")) {
      throw this.#bad(`record ${next} does not have its hash: it, or one before it, was changed`);
    }
    const there = this.#there?.seq ?? 0;
    if (next === there && this.#hash.toString("hex") !== this.#there?.hash) throw this.#other();
    return next > there ? record : undefined;
  }

  // A hash vouches for what a program has written; what is by hand is checked.
  #checkMeta(meta: unknown, seq: number): void {
    const found = Object(meta) as Partial<Record<keyof Meta, unknown>>;
    if (typeof found.id === "string" && found.seq === seq && Number.isFinite(found.at)) return;
    throw this.#bad(`its meta must have an id, the seq ${seq} and a time at, in epoch milliseconds`);
  }

  #encoded(read: () => object): { record: JournalRecord; value: Buffer } {
    try {
      const record = read() as JournalRecord;
      return { record, value: encodeRecord(record, this.#hash as Buffer) };
    } catch (thrown) {
      throw this.#bad(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #parsed(text: string): Record<string, unknown> {
    let found: unknown;
    try {
      found = JSON.parse(text);
    } catch {
      throw this.#bad("it is not JSON");
    }
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Record<string, unknown>;
    throw this.#bad("it is not a JSON object");
  }

  #bad(what: string): MansionError {
    const { name, path } = this.#journal;
    const text = `line ${this.#line} cannot be imported into journal "${name}" in ${path}: ${what}`;
    const advice = "what came before it is there; mend the line, or export anew, and import again";
    return new MansionError("JOURNAL_UNREADABLE", `${text}: ${advice}`, { path, journal: name, seq: this.#seq });
  }

  #other(): MansionError {
    return this.#notEmpty(`has another record ${this.#seq}`);
  }

  #notEmpty(why: string): MansionError {
    const { name, path } = this.#journal;
    const text = `journal "${name}" in ${path} ${why} than the lines, and nothing is written over`;
    return new MansionError("JOURNAL_NOT_EMPTY", `${text}: import into a journal of another name`, {
      path,
      journal: name,
    });
  }
}

function causeOf(meta: unknown): unknown {
  return (meta as { cause?: unknown } | null | undefined)?.cause;
}

function byOf(meta: unknown): unknown {
  return (meta as { by?: unknown } | null | undefined)?.by;
}
