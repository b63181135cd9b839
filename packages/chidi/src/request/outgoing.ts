/**
 * Headers that go with whatever a request is answered: what its handler makes, and the server's own page where the handler
 * fails. So middleware sets them before it calls the handler, and has no need to wait for the answer.
 */

import { checkHeader, reserved } from "../answer/response.js";
import { ChidiError } from "../errors.js";

/** The headers to go with the answer to one request. Names in any case. */
export interface Outgoing {
  /** Sets the header; the answer's own header of that name wins. Throws BAD_RESPONSE. */
  set(name: string, value: string): void;
  /** Adds to the header, after a comma; a Set-Cookie is a header of its own. Throws BAD_RESPONSE. */
  append(name: string, value: string): void;
}

export class OutgoingHeaders implements Outgoing {
  readonly #headers = new Map<string, string[]>();

  set(name: string, value: string): void {
    this.#headers.set(checked(name, value), [value]);
  }

  append(name: string, value: string): void {
    const key = checked(name, value);
    const values = this.#headers.get(key);
    if (values === undefined) this.#headers.set(key, [value]);
    else values.push(value);
  }

  /** The handler failed: what it said about the client's cookies does not hold. */
  failed(): void {
    this.#headers.delete("set-cookie");
  }

  /** Puts the headers with those of an answer. Vary and Set-Cookie add up, elsewhere the answer's own wins. */
  mergeInto(headers: Record<string, string | string[]>): void {
    for (const [name, values] of this.#headers) {
      const own = headers[name];
      if (name === "set-cookie") headers[name] = [...values, ...(own === undefined ? [] : [own].flat())];
      else if (name === "vary") headers[name] = union(own === undefined ? values : [...values, ...[own].flat()]);
      else if (own === undefined) headers[name] = values.join(", ");
    }
  }
}

// Names that the answer varies by, each once, in any case.
function union(lists: readonly string[]): string {
  const names = new Map<string, string>();
  for (const name of lists.join(",").split(",")) {
    const trimmed = name.trim();
    if (trimmed !== "" && !names.has(trimmed.toLowerCase())) names.set(trimmed.toLowerCase(), trimmed);
  }
  return names.has("*") ? "*" : [...names.values()].join(", ");
}

function checked(name: string, value: string): string {
  const key = name.toLowerCase();
  checkHeader(key, value);
  if (reserved.has(key)) {
    throw new ChidiError("BAD_RESPONSE", `the header ${key} is the server's own business: do not set it`);
  }
  return key;
}
