/**
 * The primitives that are used in browsers unless others are given.
 */
export { nobleProvider as defaultProvider } from "../noise/noble.js";
