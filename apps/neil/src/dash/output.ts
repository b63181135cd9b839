/**
 * What commands print while the screen is taken: each command's lines go to itself, and what nobody has asked for to
 * `otherwise`. Nothing is printed over the screen.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";

const printing = new AsyncLocalStorage<string[]>();

/** Takes the console over until it is disposed of. */
export function captured(otherwise: (text: string) => void): Disposable {
  const { log, error, warn, info } = console;
  const print = (...words: unknown[]): void => {
    const lines = format(...words).split("\n");
    const own = printing.getStore();
    if (own !== undefined) own.push(...lines);
    else otherwise(lines.join(" "));
  };
  Object.assign(console, { log: print, error: print, warn: print, info: print });
  return { [Symbol.dispose]: () => void Object.assign(console, { log, error, warn, info }) };
}

/** Runs a body, and gives what it has printed besides what it gives. */
export async function printed<T>(body: () => Promise<T>): Promise<{ readonly value: T; readonly lines: string[] }> {
  const lines: string[] = [];
  const value = await printing.run(lines, body);
  return { value, lines };
}
