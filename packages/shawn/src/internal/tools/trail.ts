/**
 * What goes to the DevTools, and what comes back from them. A value that is sanitized for them stays here; they get a number
 * beside what they may see, and what comes back by it is the value itself. Only the newest are kept, as many as the
 * DevTools keep.
 */
import { fromPlain, toPlain } from "./plain.js";

const KEPT = "kept";

export class Trail<T, By = T> {
  readonly #sanitize: ((by: By) => unknown) | undefined;
  readonly #most: number;
  readonly #kept = new Map<number, T>();
  #count = 0;

  constructor(sanitize: ((by: By) => unknown) | undefined, most: number) {
    this.#sanitize = sanitize;
    this.#most = most;
  }

  /** What to send: it is made into plain data when, and only if, the extension serialises it. */
  told(value: T, by: By): { toJSON(): unknown } {
    const sanitize = this.#sanitize;
    if (sanitize === undefined) return { toJSON: () => toPlain(value) };
    const number = ++this.#count;
    this.#kept.set(number, value);
    this.#kept.delete(number - this.#most);
    return { toJSON: () => ({ $: KEPT, value: [number, toPlain(sanitize(by))] }) };
  }

  /** The value that was told so. */
  back(plain: unknown): T {
    const { $: kind, value } = (plain ?? {}) as { readonly $?: unknown; readonly value?: readonly unknown[] };
    if (kind !== KEPT) return fromPlain(plain) as T;
    const number = value?.[0] as number;
    if (!this.#kept.has(number)) throw new RangeError("what was sanitized for the DevTools is not kept any more");
    return this.#kept.get(number) as T;
  }
}
