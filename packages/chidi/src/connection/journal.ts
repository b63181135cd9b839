/**
 * The access log: one entry for each request, when its answer is written out or its connection is gone, and for bytes
 * that were none. It is the server's own and no middleware, so that what no handler ever sees is in it too.
 * Cost without a journal: none.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Channel } from "@good-place/channel";
import { isRefusal } from "../errors.js";
import type { IncomingRequest } from "../request/request.js";

export interface JournalEntry {
  /** When the server turned to the request, in epoch milliseconds. */
  readonly at: number;
  /** How long it took from there. */
  readonly ms: number;
  /** `request.id`. This and the next three are not there where the bytes were no request. */
  readonly id?: string | undefined;
  readonly method?: string | undefined;
  /** Without the query, which may hold secrets. */
  readonly path?: string | undefined;
  readonly remoteAddress?: string | undefined;
  /** What the client was told; undefined where it was told nothing. */
  readonly status?: number | undefined;
  /** Bytes written to the connection, the answer's head included; of HTTP/2 those of the body. */
  readonly bytes: number;
  /** `failed`: the handler did. `aborted`: the client left, or the connection was closed, before the answer was complete. */
  readonly outcome: "answered" | "refused" | "failed" | "aborted" | "upgraded";
  /** The code of what refused or failed it, where it has one. */
  readonly code?: string | undefined;
}

/** Where the entries go. What a full channel does not take is lost: the log never makes a client wait. */
export type Journal = ((entry: JournalEntry) => void) | Channel<JournalEntry>;

/** An entry that is not complete yet. */
export interface Line {
  failed(error: unknown): void;
  upgraded(): void;
  /** Writes the entry; `dead` where the connection is gone. */
  end(response: ServerResponse, dead: boolean): void;
}

/** Begins the entry of a request. */
export function openLine(
  journal: Journal | undefined,
  request: IncomingRequest,
  wire: { readonly bytesWritten: number },
): Line | null {
  if (journal === undefined) return null;
  const at = Date.now();
  const began = performance.now();
  const before = wire.bytesWritten;
  let outcome: JournalEntry["outcome"] = "answered";
  let code: string | undefined;
  return {
    failed(error) {
      outcome = isRefusal(error) ? "refused" : "failed";
      code = codeOf(error);
    },
    upgraded() {
      outcome = "upgraded";
    },
    end(response, dead) {
      const { id, method, path, remoteAddress } = request;
      const ms = performance.now() - began;
      const bytes = wire.bytesWritten - before;
      const upgraded = outcome === "upgraded" ? 101 : undefined;
      const status = response.headersSent ? response.statusCode : upgraded;
      if (outcome === "answered" && dead && !response.writableFinished) outcome = "aborted";
      write(journal, { at, ms, id, method, path, remoteAddress, status, bytes, outcome, code });
    },
  };
}

/** The whole entry for bytes that were no request. */
export function refusedLine(journal: Journal | undefined, socket: Socket, status: number, error: unknown): void {
  if (journal === undefined) return;
  const { remoteAddress } = socket;
  write(journal, { at: Date.now(), ms: 0, remoteAddress, status, bytes: 0, outcome: "refused", code: codeOf(error) });
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

// Called where node calls back: what the user's function throws must not end the process.
function write(journal: Journal, entry: JournalEntry): void {
  try {
    if (typeof journal === "function") journal(entry);
    else journal.tryGive(entry);
  } catch (error) {
    console.error("chidi: the journal failed:", error);
  }
}
