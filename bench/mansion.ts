/**
 * Mansion beside a plain file, `classic-level` and SQLite: records made durable by one caller and by 64, a journal read
 * back, a store started from a snapshot, pages of a million documents. Each has a folder of its own. Where nothing waits
 * for the disk, the processor's time counts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Runner } from "./harness.js";
import * as ours from "./mansion/ours.js";
import * as peers from "./mansion/peers.js";

const DOCUMENTS = 1_000_000;
const PAGES = 2000;

export function cases(): Case[] {
  const folder = mkdtempSync(join(tmpdir(), "bench-mansion-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  return [
    ...[1, 64].map((callers) =>
      subject(`append, ${callers} caller${callers === 1 ? "" : "s"}`, "op/s", callers === 1 ? 200 : 6400, {
        ours: ours.appends(at("ours"), callers),
        peers: {
          "append + fdatasync": peers.plainAppends(at("plain")),
          "classic-level": peers.levelAppends(at("level"), callers),
          "sqlite (libsql)": peers.sqliteAppends(at("sqlite"), callers),
        },
        // One sync after the other takes its time, and nobody shares it there.
        ...(callers === 1 ? {} : { fewer: { "append + fdatasync": 32 } }),
      }),
    ),
    subject("replay, records", "op/s", 100_000, {
      ours: ours.replay(at("ours")),
      peers: {
        "lines of JSON": peers.plainReplay(at("plain")),
        "classic-level": peers.levelReplay(at("level")),
        "sqlite (libsql)": peers.sqliteReplay(at("sqlite")),
      },
      expected: (ops) => ops,
      clock: "processor",
    }),
    subject("start of a store from a snapshot, acts", "op/s", 20_000, {
      ours: ours.storeStart(at("ours"), true),
      peers: { "without a snapshot": ours.storeStart(at("theirs"), false) },
      expected: (ops) => ops,
      clock: "processor",
    }),
    ...(["client", "time"] as const).map((by) =>
      subject(`page of 20 by ${by}, 1M documents`, "us/op", PAGES, {
        ours: ours.pages(at("ours"), DOCUMENTS, by),
        peers: { "sqlite (libsql)": peers.sqlitePages(at("sqlite"), DOCUMENTS, by) },
        expected: (ops) => 20 * ops,
        clock: "processor",
        // The first one makes the documents.
        roundTimeoutMs: 900_000,
      }),
    ),
  ];
}

interface Runners extends Pick<Case, "clock" | "expected" | "fewer" | "roundTimeoutMs"> {
  readonly ours: Runner;
  readonly peers: Case["peers"];
}

function subject(name: string, unit: Case["unit"], ops: number, runners: Runners): Case {
  return { bench: "mansion", case: name, unit, ops, ...runners };
}
