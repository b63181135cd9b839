/**
 * `@good-place/trevor`: supervised WebSockets behind chidi. Every socket is a fiber, everything that happens a signal.
 */
export type { Compression } from "./compression.js";
export { type SafeError, type SafeIssue, safeError, TrevorError } from "./errors.js";
export type { ResumeLimits, SocketLimits, TrevorOptions } from "./options.js";
export type { Frame, Schema, SchemaIssue, SchemaResult } from "./schema.js";
export type { Closing, Presence, Socket, SocketClose, SocketConn, SocketError, TrevorSignal } from "./socket/socket.js";
export { type Live, type TrevorStatistics, trevor } from "./trevor.js";
