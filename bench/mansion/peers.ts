/**
 * Others that keep things on disk: a plain file, `classic-level`, and SQLite by `libsql`, which ships its binary without
 * an install script. Each syncs where mansion does: once an append, or once for those that come together.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import Database from "libsql";
import type { Runner } from "../harness.js";
import { CLIENTS, record, task } from "./records.js";

/** One write and one sync each, whoever calls: nobody shares. */
export function plainAppends(path: string): Runner {
  return (ops, start) => {
    const file = openSync(path, "a");
    start();
    for (let seq = 1; seq <= ops; seq++) {
      writeSync(file, `${JSON.stringify(record(seq))}\n`);
      fdatasyncSync(file);
    }
    closeSync(file);
  };
}

/** Lines of JSON, read at once. */
export function plainReplay(path: string): Runner {
  return (ops, start) => {
    const file = openSync(path, "w");
    for (let seq = 1; seq <= ops; seq++) writeSync(file, `${JSON.stringify(record(seq))}\n`);
    closeSync(file);
    start();
    let count = 0;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line !== "" && JSON.parse(line).payload !== undefined) count++;
    }
    return count;
  };
}

export function levelAppends(path: string, callers: number): Runner {
  let level: ClassicLevel | undefined;
  let seq = 0;
  return async (ops, start) => {
    level ??= new ClassicLevel(path);
    await level.open();
    start();
    let left = ops;
    const caller = async (): Promise<void> => {
      while (left-- > 0) {
        const next = ++seq;
        await level?.put(keyOf(next), JSON.stringify(record(next)), { sync: true });
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
}

export function levelReplay(path: string): Runner {
  let level: ClassicLevel | undefined;
  return async (ops, start) => {
    level ??= new ClassicLevel(path);
    await level.open();
    await level.batch(
      Array.from({ length: ops }, (_, n) => ({
        type: "put" as const,
        key: keyOf(n + 1),
        value: JSON.stringify(record(n + 1)),
      })),
    );
    start();
    let count = 0;
    const iterator = level.iterator();
    for (let batch = await iterator.nextv(1000); batch.length > 0; batch = await iterator.nextv(1000)) {
      for (const [, value] of batch) if (JSON.parse(value).payload !== undefined) count++;
    }
    await iterator.close();
    return count;
  };
}

/** With more callers: so many rows a transaction, which is what a queue in front of it would make of them. */
export function sqliteAppends(path: string, callers: number): Runner {
  return (ops, start) => {
    const db = sqlite(path, "FULL");
    db.exec("CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, body TEXT)");
    const insert = db.prepare("INSERT INTO records (body) VALUES (?)");
    const batch = db.transaction((from: number) => {
      for (let seq = from; seq < from + callers; seq++) insert.run(JSON.stringify(record(seq)));
    });
    start();
    for (let seq = 1; seq <= ops; seq += callers) batch(seq);
    db.close();
  };
}

export function sqliteReplay(path: string): Runner {
  return (ops, start) => {
    const db = sqlite(path, "OFF");
    db.exec("DROP TABLE IF EXISTS records");
    db.exec("CREATE TABLE records (seq INTEGER PRIMARY KEY, body TEXT)");
    const insert = db.prepare("INSERT INTO records (body) VALUES (?)");
    db.transaction(() => {
      for (let seq = 1; seq <= ops; seq++) insert.run(JSON.stringify(record(seq)));
    })();
    start();
    let count = 0;
    for (const row of db.prepare("SELECT body FROM records ORDER BY seq").iterate() as Iterable<{ body: string }>) {
      if (JSON.parse(row.body).payload !== undefined) count++;
    }
    db.close();
    return count;
  };
}

/** The body as JSON, and columns with an index for what is looked for: what a buffet does, by hand. */
export function sqlitePages(path: string, documents: number, by: "client" | "time"): Runner {
  let db: Sqlite | undefined;
  return (ops, start) => {
    db ??= filled(path, documents);
    const wanted = by === "client" ? "client = ? ORDER BY started DESC" : "started >= ? ORDER BY started";
    const page = db.prepare(`SELECT body FROM tasks WHERE ${wanted} LIMIT 20`);
    start();
    let found = 0;
    for (let op = 0; op < ops; op++) {
      const key = by === "client" ? `client ${(op * 31) % CLIENTS}` : 1_700_000_000 + ((op * 7919) % (documents - 100));
      const rows = page.all(key) as { body: string }[];
      found += rows.map(({ body }) => JSON.parse(body)).length;
    }
    return found;
  };
}

type Sqlite = InstanceType<typeof Database>;

function filled(path: string, documents: number): Sqlite {
  const db = sqlite(path, "OFF");
  db.exec("CREATE TABLE tasks (id TEXT PRIMARY KEY, client TEXT, started INTEGER, body TEXT)");
  const insert = db.prepare("INSERT INTO tasks VALUES (?, ?, ?, ?)");
  db.transaction(() => {
    for (let n = 0; n < documents; n++) {
      const { id, client, started, note } = task(n);
      insert.run(id, client, started, JSON.stringify({ id, client, started, note }));
    }
  })();
  db.exec("CREATE INDEX tasks_client ON tasks (client)");
  db.exec("CREATE INDEX tasks_started ON tasks (started)");
  return db;
}

function sqlite(path: string, synchronous: "FULL" | "OFF"): Sqlite {
  const db = new Database(path);
  db.exec(`PRAGMA journal_mode = WAL`);
  db.exec(`PRAGMA synchronous = ${synchronous}`);
  return db;
}

function keyOf(seq: number): string {
  return String(seq).padStart(16, "0");
}
