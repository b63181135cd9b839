/**
 * Connects TCP and unix sockets.
 */
import { createConnection } from "node:net";
import type { Pipe } from "../wire/pipe.js";
import type { Target } from "../wire/place.js";
import { SocketPipe } from "./socket-pipe.js";

export function openSocket(target: Extract<Target, { kind: "tcp" | "unix" }>, abort: AbortSignal): Promise<Pipe> {
  const { kind } = target;
  const socket = createConnection(kind === "tcp" ? { host: target.host, port: target.port } : { path: target.path });
  return new Promise((resolve, reject) => {
    const aborted = (): void => void socket.destroy(abort.reason);
    abort.addEventListener("abort", aborted);
    socket.once("error", reject);
    socket.once("close", () => abort.removeEventListener("abort", aborted));
    socket.once("connect", () => {
      abort.removeEventListener("abort", aborted);
      socket.off("error", reject);
      resolve(new SocketPipe(socket));
    });
  });
}
