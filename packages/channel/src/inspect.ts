/**
 * What `console.log` shows of fibers and channels in Node: what they are and who waits, in place of their insides.
 */
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

/** Objects of this class are shown as this text. */
export function shownAs<O extends object>(kind: { readonly prototype: O }, text: (object: O) => string): void {
  Object.defineProperty(kind.prototype, CUSTOM, {
    value(this: O): string {
      return text(this);
    },
  });
}
