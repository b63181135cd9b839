/**
 * `@good-place/chidi`: a supervised HTTP server. Every connection is a fiber, everything that happens a signal. Node only.
 */

export type { Address } from "./address.js";
export { whenAnswered } from "./answered.js";
export { bodyLimit } from "./body-limit.js";
export { type Checked, type CheckedAnswer, type Checks, checked } from "./checked.js";
export type { Coding } from "./codings.js";
export { type CompressedOptions, compressed } from "./compressed.js";
export { conditional } from "./conditional.js";
export type { Continues } from "./continues.js";
export { type CookieOptions, clearCookie, cookies, setCookie } from "./cookies.js";
export { type CorsOptions, cors } from "./cors.js";
export { ChidiError, type ChidiErrorCode, type ChidiErrorOptions } from "./errors.js";
export { type EventSourceOf, type EventsOptions, events, type Listener, type ServerEvent } from "./events.js";
export { type Fetch, fetchHandler } from "./fetch-handler.js";
export { type FileRegion, file } from "./file.js";
export type { Symlinks } from "./file-path.js";
export { type FilesOptions, files } from "./files.js";
export { type FormOptions, form } from "./form.js";
export { type Handled, type HandledOptions, handled } from "./handled.js";
export { type InjectOptions, inject } from "./inject.js";
export type { Journal, JournalEntry } from "./journal.js";
export { type LimitedOptions, limited } from "./limited.js";
export { type Part, type PartLimits, parts } from "./multipart.js";
export { accepts, negotiated } from "./negotiated.js";
export type { Outgoing } from "./outgoing.js";
export { type PathQuery, type PathValue, path, under } from "./path.js";
export type { ProxyHeader } from "./peer.js";
export { precondition, type Validators } from "./precondition.js";
export { type ProblemIssue, problem } from "./problem.js";
export type { HttpRequest, Params } from "./request.js";
export { requestIds } from "./request-ids.js";
export {
  type Answer,
  type AnswerBody,
  type AnswerHeaders,
  type AnswerParts,
  html,
  json,
  notFound,
  redirect,
  success,
  type Trailers,
} from "./response.js";
export { type Handler, type RouteParams, router } from "./router.js";
export { checkRules, type DefaultRule, type Rule, type RulesOptions, workOff } from "./rules.js";
export { type SameOriginOptions, sameOrigin } from "./same-origin.js";
export { type SecuredOptions, secured } from "./secured.js";
export { type ChidiServer, type ChidiStatistics, chidi, type DrainOptions } from "./server.js";
export type { ChidiOptions, Limits } from "./settings.js";
export type {
  ChidiSignal,
  CloseSignal,
  Connection,
  ConnSignal,
  ErrorSignal,
  RefusedSignal,
  TimeoutSignal,
} from "./signal.js";
export { type SignedCookies, signedCookies } from "./signed-cookies.js";
export type { Handshake, SocketEndpoint, SocketHost } from "./sockets.js";
export { type Chunks, type LiveChunks, onDrain, type SizedChunks } from "./stream.js";
export { type Middleware, through } from "./through.js";
export type { Awaited } from "./timeouts.js";
export type { Certificates, HostTls, Pem, TlsOptions } from "./tls.js";
export { type BodyTransform, transformed } from "./transformed.js";
