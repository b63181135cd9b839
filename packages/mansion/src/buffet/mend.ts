/**
 * Brings a buffet to what its note says is to be done: clear, drop indexes, build indexes; in this order, a chunk a
 * transaction, so that others can write in between. It may end after any of them: the note is changed only when a part is
 * done, and doing a part again does no harm.
 */

import type { Room } from "../room.js";
import type { Change } from "../writer.js";
import type { Document } from "./face.js";
import { type Note, noteChange } from "./note.js";
import { TOP } from "./order.js";
import { ANY } from "./query.js";
import type { Tables } from "./tables.js";

const chunk = 500;

/** What a mend needs of its buffet. */
export interface Mending<D extends Document> {
  readonly room: Room;
  readonly tables: Tables<D>;
  /** The note as it will be when all writes before are made. */
  note: Note;
  /** Throws MANSION_CLOSED when it is not to go on. */
  assertGoing(): void;
}

/** Does all that the note says. Throws BUFFET_CORRUPT when a document cannot be read, MANSION_CLOSED. */
export async function mend<D extends Document>(buffet: Mending<D>): Promise<void> {
  const { tables } = buffet;
  const [{ from, to } = { from: TOP, to: TOP }] = ANY;
  if (buffet.note.clearing) {
    await remove(buffet, tables.documents, from, to);
    await remove(buffet, tables.indexes, Buffer.from([0]), TOP);
    await note(buffet, () => ({ clearing: false, dropping: [], building: [], complete: tables.fields }));
  }
  if (buffet.note.dropping.length > 0) {
    for (const field of buffet.note.dropping) {
      const prefix = tables.prefixOf(field);
      await remove(buffet, tables.indexes, prefix, Buffer.concat([prefix, TOP]));
    }
    await note(buffet, () => ({ dropping: [] }));
  }
  if (buffet.note.building.length > 0) {
    await build(buffet, buffet.note.building);
    await note(buffet, () => ({ building: [], complete: tables.fields }));
  }
}

async function note<D extends Document>(buffet: Mending<D>, changed: () => Partial<Note>): Promise<void> {
  await buffet.room.write(() => {
    buffet.note = { ...buffet.note, ...changed() };
    return [noteChange(buffet.tables, buffet.note)];
  });
}

async function remove<D extends Document>(
  buffet: Mending<D>,
  db: Change["db"],
  from: Buffer,
  to: Buffer,
): Promise<void> {
  for (let start: Buffer | undefined = from; start !== undefined; ) {
    const keys: Buffer[] = keysOf(buffet, db, start, to);
    await buffet.room.write(keys.map((key) => ({ db, key, value: undefined })));
    start = keys.length === chunk ? keys.at(-1) : undefined;
  }
}

// A document that is written meanwhile has its entries from its own write; to make them twice does no harm.
async function build<D extends Document>(buffet: Mending<D>, fields: readonly string[]): Promise<void> {
  const { room, tables } = buffet;
  const db = tables.documents;
  const [{ from, to } = { from: TOP, to: TOP }] = ANY;
  for (let start: Buffer | undefined = from; start !== undefined; ) {
    const keys: Buffer[] = keysOf(buffet, db, start, to);
    await room.write((read) =>
      keys.flatMap((key) => {
        const bytes = read(db, key);
        return bytes === undefined ? [] : tables.entries(key, tables.decode(key, bytes), fields);
      }),
    );
    const last = keys.at(-1);
    start = keys.length === chunk && last !== undefined ? Buffer.concat([last, Buffer.from([0])]) : undefined;
  }
}

function keysOf<D extends Document>(buffet: Mending<D>, db: Change["db"], start: Buffer, end: Buffer): Buffer[] {
  buffet.assertGoing();
  return [...db.getKeys({ start, end, limit: chunk })].map((key) => Buffer.from(key));
}
