/**
 * `@good-place/shawn/react`: the store in React 18 and 19. On a server the hooks read the store as it is; a page that is
 * hydrated gets a store that was made from the same envelope, and goes on from there.
 */

export { asReactSource, type Change, type ReactSource } from "./react/source.js";
export { type Admission, useAdmit } from "./react/use-admit.js";
export { useConfirm } from "./react/use-confirm.js";
export { useEnvelope } from "./react/use-envelope.js";
