/** Content-Type headers: the type, and what stands behind it. */

export interface MediaType {
  /** In lower case: `text/html`. */
  readonly type: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const parameterPattern = /;\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+))\s*(?=;|$)/g;

/** Takes a header like `text/html; charset=utf-8` apart; what is not well-formed is left out. */
export function mediaType(header: string): MediaType {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, token] of header.matchAll(parameterPattern)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(["\\])/g, "$1") ?? token ?? "");
  }
  return { type: (header.split(";", 1)[0] as string).trim().toLowerCase(), parameters };
}
