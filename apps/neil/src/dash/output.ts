/**
 * What commands say while the screen is taken: each command's lines go to itself, and what nobody has asked for to
 * `otherwise`. Nothing is printed over the screen.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { format } from "node:util";
import { saidTo } from "../cli/print.js";

const printing = new AsyncLocalStorage<string[]>();

/** Takes the answers and the console over until it is disposed of. */
export function captured(otherwise: (text: string) => void): Disposable {
  const { log, error, warn, info } = console;
  const print = (text: string): void => {
    const lines = text.replace(/\n$/, "").split("\n");
    const own = printing.getStore();
    if (own !== undefined) own.push(...lines);
    else otherwise(lines.join(" "));
  };
  const logged = (...words: unknown[]): void => print(format(...words));
  const said = saidTo(print);
  Object.assign(console, { log: logged, error: logged, warn: logged, info: logged });
  return {
    [Symbol.dispose]() {
      said[Symbol.dispose]();
      Object.assign(console, { log, error, warn, info });
    },
  };
}

/** Runs a body, and gives what it has printed besides what it gives. */
export async function printed<T>(body: () => Promise<T>): Promise<{ readonly value: T; readonly lines: string[] }> {
  const lines: string[] = [];
  const value = await printing.run(lines, body);
  return { value, lines };
}
