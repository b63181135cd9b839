/** Where a server is: "127.0.0.1:6660", "[::1]:6660", or a port of this machine, "6660". */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The place, or undefined where the text is none. */
export function readPlace(text: string): Place | undefined {
  const [, host, port] = /^(?:(\[[^\]]+\]|[^:\s]+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { host: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
}

export function isPlace(text: string): boolean {
  return readPlace(text) !== undefined;
}
