/**
 * `@good-place/chidi`: a supervised HTTP server. Every connection is a fiber, everything that happens a signal. Node only.
 */

export { type Handled, type HandledOptions, handled } from "./answer/handled.js";
export { type ProblemIssue, problem } from "./answer/problem.js";
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
} from "./answer/response.js";
export { type Chunks, type LiveChunks, onDrain, type SizedChunks } from "./answer/stream.js";
export type { Address } from "./arrivals/address.js";
export type { Certificates, HostTls, Pem, TlsOptions } from "./arrivals/tls.js";
export type { Journal, JournalEntry } from "./connection/journal.js";
export type {
  ChidiSignal,
  CloseSignal,
  Connection,
  ConnSignal,
  ErrorSignal,
  RefusedSignal,
  TimeoutSignal,
} from "./connection/signal.js";
export type { Handshake, SocketEndpoint, SocketHost } from "./connection/sockets.js";
export type { Awaited } from "./connection/timeouts.js";
export { ChidiError, type ChidiErrorCode, type ChidiErrorOptions } from "./errors.js";
export { type EventSourceOf, type EventsOptions, events, type Listener, type ServerEvent } from "./handlers/events.js";
export { type Fetch, fetchHandler } from "./handlers/fetch-handler.js";
export { type FileRegion, file } from "./handlers/file.js";
export type { Symlinks } from "./handlers/file-path.js";
export { type FilesOptions, files } from "./handlers/files.js";
export { whenAnswered } from "./middleware/answered.js";
export { bodyLimit } from "./middleware/body-limit.js";
export { type Checked, type CheckedAnswer, type Checks, checked } from "./middleware/checked.js";
export type { Coding } from "./middleware/codings.js";
export { type CompressedOptions, compressed } from "./middleware/compressed.js";
export { conditional } from "./middleware/conditional.js";
export { type CookieOptions, clearCookie, cookies, setCookie } from "./middleware/cookies.js";
export { type CorsOptions, cors } from "./middleware/cors.js";
export { type LimitedOptions, limited } from "./middleware/limited.js";
export { accepts, negotiated } from "./middleware/negotiated.js";
export { requestIds } from "./middleware/request-ids.js";
export { type SameOriginOptions, sameOrigin } from "./middleware/same-origin.js";
export { type SecuredOptions, secured } from "./middleware/secured.js";
export { type SignedCookies, signedCookies } from "./middleware/signed-cookies.js";
export { type Middleware, through } from "./middleware/through.js";
export { type BodyTransform, transformed } from "./middleware/transformed.js";
export type { Continues } from "./request/continues.js";
export { type FormOptions, form } from "./request/form.js";
export { type Part, type PartLimits, parts } from "./request/multipart.js";
export type { Outgoing } from "./request/outgoing.js";
export type { ProxyHeader } from "./request/peer.js";
export { precondition, type Validators } from "./request/precondition.js";
export type { HttpRequest, Params } from "./request/request.js";
export { type PathQuery, type PathValue, path, under } from "./routing/path.js";
export { type Handler, type RouteParams, router } from "./routing/router.js";
export { type InjectOptions, inject } from "./server/inject.js";
export { checkRules, type DefaultRule, type Rule, type RulesOptions, workOff } from "./server/rules.js";
export { type ChidiServer, type ChidiStatistics, chidi, type DrainOptions } from "./server/server.js";
export type { ChidiOptions, Limits } from "./settings.js";
