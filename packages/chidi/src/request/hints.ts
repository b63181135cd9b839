/**
 * Early hints (103): headers that a client can act on while its answer is still being made.
 */
import type { ServerResponse } from "node:http";
import { type AnswerHeaders, checkHeader } from "../answer/response.js";
import { ChidiError } from "../errors.js";

/** Sends the hints; false where the client speaks HTTP/1.0, has gone, or has the head of its answer already. Throws BAD_RESPONSE. */
export function sendHints(response: ServerResponse, headers: AnswerHeaders): boolean {
  const hints: Record<string, string | string[]> = {};
  for (const [given, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const name = given.toLowerCase();
    const all = Array.isArray(value) ? value.map(String) : String(value);
    checkHeader(name, all);
    // Node joins the links only.
    hints[name] = name === "link" || typeof all === "string" ? all : all.join(", ");
  }
  if (hints.link === undefined) throw new ChidiError("BAD_RESPONSE", "early hints have a link header, got none");
  if (response.headersSent || response.req.httpVersion === "1.0" || response.socket?.writable !== true) return false;
  try {
    response.writeEarlyHints(hints);
  } catch (cause) {
    throw new ChidiError("BAD_RESPONSE", "the link of an early hint is not of the form <URL>; rel=…", { cause });
  }
  return true;
}
