/**
 * `@good-place/channel`: channels, select, fibers, scopes and supervisors. Runs in Node, browsers and workers.
 */

export { type Activity, activity, type Leak, type LeakOptions, onLeak } from "./activity.js";
export { CLOSED, type Closed, EMPTY, type Empty } from "./answers.js";
export { type Buffer, dropping, fixed, sliding, unbounded } from "./buffer.js";
export { channel } from "./channel.js";
export { type Channel, type ChannelOptions, type ChannelStatistics, isChannel } from "./channel-face.js";
export {
  type Clause,
  type Hit,
  type Lazy,
  lazy,
  otherwise,
  type SelectHit,
  type TimeoutClause,
  timeout,
} from "./clause.js";
export { type Broadcast, type BroadcastOptions, type BroadcastStatistics, broadcast } from "./combinators/broadcast.js";
export { type Item, merge } from "./combinators/merge.js";
export type { OutputOptions } from "./combinators/output.js";
export { type PipeOptions, pipe, type Stage, type StagedPipeOptions } from "./combinators/pipe.js";
export { type PipelineOptions, pipeline, type Work } from "./combinators/pipeline.js";
export type { Slow } from "./combinators/taps.js";
export { type TickerOptions, ticker } from "./combinators/ticker.js";
export { type Topics, type TopicsOptions, type TopicsStatistics, topics } from "./combinators/topics.js";
export { CancelledError, ChannelError, DeadlineError, type Misuse, SupervisorError } from "./errors.js";
export type { Body, Fiber, FiberOptions } from "./fiber-face.js";
export { go } from "./go.js";
export { type Local, local } from "./local.js";
export type { Op, WaitOptions } from "./operation.js";
export { type Scope, type ScopeBody, type ScopeOptions, scope, withDeadline } from "./scope.js";
export { rselect, select } from "./select.js";
export type { Emergence, LifeSignal, Signal, Supervisor } from "./signal.js";
export { traceStarts } from "./starts.js";
export { type EmergenceOptions, emergence, giveSupervisor, type SignalHandler, supervise } from "./supervise.js";
export type { Backoff } from "./supervisor/backoff.js";
export type { ChildState } from "./supervisor/child.js";
export type { SupervisorEvent } from "./supervisor/event.js";
export type { ChildSpec, Intensity, SupervisorSpec } from "./supervisor/spec.js";
export { type SupervisorTree, supervisor } from "./supervisor/supervisor.js";
export { now, sleep } from "./time.js";
export { onUnhandled, type UnhandledHandler } from "./unhandled.js";
export { until } from "./until.js";
