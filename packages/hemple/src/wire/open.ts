/**
 * Opens a pipe to a place. Sockets are the platform's; WebSockets and message ports are the same everywhere.
 */
import { openSocket } from "#platform/socket";
import { HempleError } from "../errors.js";
import type { Pipe } from "./pipe.js";
import type { Target } from "./place.js";
import { PortPipe } from "./port-pipe.js";
import { WebSocketPipe } from "./web-socket-pipe.js";

/** Fails with UNREACHABLE, NOT_SUPPORTED, or with the reason of `abort`; then nothing is left open. */
export async function openPipe(target: Target, abort: AbortSignal): Promise<Pipe> {
  abort.throwIfAborted();
  try {
    switch (target.kind) {
      case "messages":
        return new PortPipe(target.messages);
      case "url":
        return await openWebSocket(target, abort);
      default:
        return await openSocket(target, abort);
    }
  } catch (cause) {
    abort.throwIfAborted();
    // A kind of place that this platform has not got is misuse, and no server's fault.
    if ((cause as { code?: unknown }).code === "NOT_SUPPORTED") throw cause;
    throw new HempleError("UNREACHABLE", `nothing answers at ${target.name}; is the server running there?`, { cause });
  }
}

function openWebSocket({ url, WebSocket }: Extract<Target, { kind: "url" }>, abort: AbortSignal): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    const pipe = new WebSocketPipe(socket, url);
    const ended = (): void => reject(new Error("the WebSocket closed before it was open"));
    const aborted = (): void => {
      pipe.destroy();
      ended();
    };
    abort.addEventListener("abort", aborted);
    socket.addEventListener("open", () => {
      abort.removeEventListener("abort", aborted);
      resolve(pipe);
    });
    socket.addEventListener("close", () => {
      abort.removeEventListener("abort", aborted);
      ended();
    });
  });
}
