import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMansion } from "@good-place/mansion";
import { journalContract, type Place } from "./suite.js";

async function open(path: string): Promise<Place> {
  const mansion = await openMansion({ path, durability: "memory" });
  return {
    journal: (name) => mansion.journal(name),
    async reopen() {
      await mansion.close();
      return open(path);
    },
    async close() {
      await mansion.close();
      rmSync(path, { recursive: true });
    },
  };
}

journalContract("LMDB", () => open(mkdtempSync(join(tmpdir(), "mansion-"))));
