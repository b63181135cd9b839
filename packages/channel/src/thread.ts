/**
 * `@good-place/channel/thread`: channels that reach into other threads, and fibers that run in threads of their own. On
 * Node's worker_threads and on web workers alike.
 */
import { type Buffer, bufferOf } from "./buffer.js";
import { type ChannelOptions, checkChannelOptions } from "./channel.js";
import { HomeChan } from "./thread/home.js";
import type { ThreadChannel } from "./thread/thread-channel.js";

export { ThreadError } from "./thread/error.js";
export { goThread, type ThreadOptions } from "./thread/go-thread.js";
export type { ThreadBody } from "./thread/thread-body.js";
export type { GiveOptions, ThreadChannel, TransferOptions } from "./thread/thread-channel.js";

/** Makes a thread channel, with the capacities and buffers of `channel`. It lives in this thread, and ends with it. */
export function threadChannel<T>(buffer: number | Buffer = 0, options: ChannelOptions<T> = {}): ThreadChannel<T> {
  checkChannelOptions("threadChannel()", options);
  return new HomeChan<T>(bufferOf(buffer), options);
}
