/**
 * `@good-place/channel/thread`: channels that reach into other threads, and fibers that run in threads of their own. On
 * Node's worker_threads and on web workers alike.
 */
import { type Buffer, bufferOf } from "./buffer.js";
import { type ChannelOptions, checkChannelOptions } from "./channel-face.js";
import { HomeChan } from "./thread/home.js";
import { serve } from "./thread/serve.js";
import type { ThreadBody } from "./thread/thread-body.js";
import type { ThreadChannel } from "./thread/thread-channel.js";

export { ThreadError } from "./thread/error.js";
export { goThread, type ThreadOptions } from "./thread/go-thread.js";
export type { ThreadWorker } from "./thread/host.js";
export type { ThreadBody } from "./thread/thread-body.js";
export type { GiveOptions, ThreadChannel, TransferOptions } from "./thread/thread-channel.js";

/** Makes a thread channel, with the capacities and buffers of `channel`. It lives in this thread, and ends with it. */
export function threadChannel<T>(buffer: number | Buffer = 0, options: ChannelOptions<T> = {}): ThreadChannel<T> {
  checkChannelOptions("threadChannel()", options);
  return new HomeChan<T>(bufferOf(buffer), options);
}

/**
 * Makes this worker a thread with this body, for a `goThread` that was given the worker: the first thing its module does.
 * Throws NOT_A_THREAD where this is no worker; what is no body fails the thread with NOT_A_BODY.
 */
export function serveThread<I, T>(body: ThreadBody<I, T>): void {
  serve(() => Promise.resolve({ default: body }));
}
