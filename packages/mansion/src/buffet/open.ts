/**
 * Makes a buffet of a room, a name and options, and knows which options it was opened with: a buffet is one object, and
 * two lists of indexes for it would undo each other.
 */

import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import type { StandardSchema } from "@good-place/channel/shapes";
import type { Bytes } from "../environment.js";
import { MansionError, reason } from "../errors.js";
import type { Room } from "../room.js";
import { LmdbBuffet } from "./buffet.js";
import type { BuffetOptions, Document } from "./face.js";
import { Tables } from "./tables.js";

/** The open buffets of a mansion. */
export class Buffets {
  readonly #room: Room;
  readonly #open = new Map<string, { readonly buffet: LmdbBuffet<Document>; readonly options: Checked }>();

  constructor(room: Room) {
    this.#room = room;
  }

  /** The buffet of this name, made if there is none. Throws BUFFET_NAME, BAD_OPTION, BUFFET_MISSING, BUFFET_FAILED, BUFFET_CORRUPT. */
  open(name: string, options: BuffetOptions<Document, string, unknown>): LmdbBuffet<Document> {
    this.#room.assertOpen();
    if (typeof name !== "string" || !/^[\w.-]{1,100}$/.test(name)) {
      const text = "buffet() expects a name of 1 to 100 letters, digits and . _ -: choose such a name";
      throw misuse("type", "BUFFET_NAME", text);
    }
    const checked = check(options);
    const known = this.#open.get(name);
    if (known === undefined) return this.#make(name, checked);
    if (known.options.schema === checked.schema && known.options.fields.join() === checked.fields.join()) {
      return known.buffet;
    }
    const text = `buffet "${name}" is open with another schema or other indexes: open it in one place and hand it on`;
    throw misuse("type", "BUFFET_OPEN", text);
  }

  /** Ends what they do by themselves. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ buffet }) => buffet.close()));
  }

  #make(name: string, options: Checked): LmdbBuffet<Document> {
    const place = { path: this.#room.path, buffet: name };
    const databases = { documents: this.#database(`buffet:${name}`), indexes: this.#database(`buffet-index:${name}`) };
    const buffet = new LmdbBuffet(this.#room, new Tables(place, databases, options));
    this.#open.set(name, { buffet, options });
    return buffet;
  }

  #database(name: string): Bytes {
    const { path } = this.#room;
    let db: Bytes | undefined;
    try {
      db = this.#room.database(name);
    } catch (cause) {
      const text = `${name} in ${path} cannot be opened (${reason(cause)})`;
      throw new MansionError("BUFFET_FAILED", `${text}: mend the cause, then open the mansion again`, { path, cause });
    }
    if (db !== undefined) return db;
    const text = `mansion ${path} is open for reading only and has no ${name}: open it for writing once`;
    throw new MansionError("BUFFET_MISSING", text, { path });
  }
}

interface Checked {
  readonly schema: StandardSchema<unknown, Document> | undefined;
  readonly fields: readonly string[];
}

function check(options: BuffetOptions<Document, string, unknown>): Checked {
  checkOptions("buffet()", options, ["schema", "index"]);
  const { schema, index = [] } = options;
  if (schema !== undefined && typeof Object(schema)["~standard"]?.validate !== "function") {
    throw misuse("type", "BAD_OPTION", `buffet() option schema must be a Standard Schema, got ${describe(schema)}`);
  }
  const fields: readonly unknown[] = Array.isArray(index) ? index : [undefined];
  if (!fields.every(isField) || new Set(fields).size < fields.length) {
    const text =
      "buffet() option index must be an array of different fields, each of 1 to 64 characters and none of them id";
    throw misuse("type", "BAD_OPTION", `${text}, got ${describe(index)}`);
  }
  return { schema, fields };
}

// A zero ends a field's name in the keys of its index.
const isField = (field: unknown): field is string => typeof field === "string" && /^(?!id$)[^\0]{1,64}$/.test(field);
