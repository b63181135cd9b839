/**
 * Tells a dead peer from a silent one: after a silence a ping, and when no byte answers it the socket is destroyed.
 * What counts as an answer is any byte, so a long message on a slow line is no silence. While reading is paused nothing
 * can be heard, and so nothing is concluded.
 */
import type { Socket as NetSocket } from "node:net";
import type { WebSocket } from "ws";

export interface HeartbeatOptions {
  readonly pingMs: number;
  readonly pongMs: number;
  readonly deaf: () => boolean;
  readonly onDead: () => void;
}

/** Starts the heartbeat. Answers what stops it. */
export function heartbeat(ws: WebSocket, socket: NetSocket, options: HeartbeatOptions): () => void {
  const { pingMs, pongMs, deaf, onDead } = options;
  if (pingMs === 0) return () => {};
  let heard = socket.bytesRead;
  let timer = setTimeout(silence, pingMs);

  function silence(): void {
    if (socket.bytesRead !== heard || deaf()) return again();
    ws.ping();
    timer = setTimeout(answer, pongMs);
  }

  function answer(): void {
    if (socket.bytesRead === heard && !deaf()) onDead();
    else again();
  }

  function again(): void {
    heard = socket.bytesRead;
    timer = setTimeout(silence, pingMs);
  }

  return () => clearTimeout(timer);
}
