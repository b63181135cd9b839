/**
 * What the benchmarks use of js-csp, which brings no types.
 */
declare module "js-csp" {
  interface Chan<T> {
    close(): void;
    readonly takes: { readonly length: number };
    /** Never set: it ties the channel to what it carries. */
    readonly item?: T;
  }
  const csp: {
    readonly CLOSED: null;
    chan<T>(capacity?: number): Chan<T>;
    go<A extends readonly unknown[]>(body: (...args: A) => Generator<unknown, unknown, never>, args?: A): Chan<unknown>;
    take<T>(chan: Chan<T>): unknown;
    put<T>(chan: Chan<T>, value: T): unknown;
    alts(operations: readonly Chan<never>[] | readonly Chan<number>[]): unknown;
    offer<T>(chan: Chan<T>, value: T): boolean;
    poll<T>(chan: Chan<T>): T;
    takeAsync<T>(chan: Chan<T>, callback: (value: T) => void): void;
  };
  export default csp;
  export type { Chan };
}
