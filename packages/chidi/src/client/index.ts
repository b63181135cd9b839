/**
 * `@good-place/chidi/client`: an HTTP client that says how far a request had come when it failed, and repeats only what
 * can be repeated. Node only.
 */

export { ClientError, type ClientErrorCode, type ClientErrorOptions, type ClientPhase } from "./client-error.js";
export type { ClientLimits, ClientOptions, OwnLimit } from "./client-options.js";
export type { ClientResponse } from "./client-response.js";
export type { ClientSignal, RequestErrorSignal, RetrySignal } from "./client-signal.js";
export type { ClientTls } from "./connecting.js";
export {
  type ClientDrainOptions,
  type ClientRequest,
  type ClientStatistics,
  client,
  type HttpClient,
} from "./http-client.js";
export type { Addresses, Resolver } from "./resolving.js";
export type { RetryOptions } from "./retrying.js";
export type { EjectOptions } from "./rotation.js";
export type { RequestBody } from "./upload.js";
