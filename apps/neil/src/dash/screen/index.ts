/**
 * `@good-place/neil/screen`: a terminal's screen as frames of cells, what turns one into another, and keys.
 */
export { cellsOf, Frame, type Line, type Room, type Span, STYLE } from "./frame.js";
export { type Key, type KeyDecoder, type KeyName, keyDecoder } from "./keys.js";
export { type PaintOptions, paint } from "./paint.js";
