/**
 * `@good-place/hemple`: encrypted RPC over TCP. A contract, handlers for it, a client typed from it; every connection
 * and every call is a fiber, and what happens to it a signal.
 */

export type { Misuse } from "@good-place/channel/misuse";
export type { Call } from "./call.js";
export { type Answers, answers } from "./calls/answers.js";
export type { CallOptions } from "./calls/caller.js";
export type { Stream } from "./calls/inlet.js";
export type { MethodDescription } from "./calls/introspect.js";
export type { Source } from "./calls/outlet.js";
export type { Handler, Handlers } from "./calls/served.js";
export { type Client, type ClientLine, lineOf, methodsOf, type Tell, type Tells } from "./client.js";
export { type Contract, contract, type Method, type MethodOptions, method } from "./contract.js";
export type { Peer, ServerSignal, ServerStatistics } from "./desk.js";
export { type DialOptions, dial } from "./dial.js";
export type { DoorOptions, PeerOptions } from "./door.js";
export { HempleError, type HempleErrorOptions, type Issue, isHempleError } from "./errors.js";
export { fingerprint, generateKeys, publicKey } from "./keys.js";
export type { TcpAddress, UnixAddress } from "./node/listener.js";
export { loadSecret, saveSecret } from "./node/secret-file.js";
export type { KeyPair, NoiseProvider } from "./noise/provider.js";
export type { StandardSchema } from "./schema.js";
export { type HempleServer, hemple } from "./server.js";
export type { CommonServerOptions, Limits, ServerOptions, UnixServerOptions } from "./settings.js";
export type { Endpoint, EndpointSocket } from "./wire/endpoint.js";
export type { Ending } from "./wire/line.js";
export type { Place } from "./wire/place.js";
export type { MessagePortLike } from "./wire/port-pipe.js";
export type { RekeyLimits } from "./wire/rekeying.js";
export type { Waits } from "./wire/waits.js";
export type { WebSocketLike, WebSocketMaker } from "./wire/web-socket-pipe.js";
