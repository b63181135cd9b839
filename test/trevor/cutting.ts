/** What the tests of sessions share: a client that has one, and a line between the two sides that can be cut. */
import { createConnection, createServer, type Socket as NetSocket } from "node:net";
import { connect, type ResumeOptions, type ResumingClient, type WebSocketMaker } from "@good-place/trevor/client";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A client with a session, which comes back at once. */
export function client<M>(port: number, options: Partial<ResumeOptions<M>> = {}): ResumingClient<M> {
  const made = connect<M>(`ws://127.0.0.1:${port}/live`, {
    WebSocket: WebSocket as unknown as WebSocketMaker,
    retry: { minMs: 1, maxMs: 5 },
    resume: true,
    ...options,
  });
  onTestFinished(async () => {
    await made.close();
  });
  return made;
}

export interface Line {
  readonly port: number;
  /** Breaks all connections, without a close. */
  cut(): void;
  /** Lets nobody through until it is called again with true. */
  pass(on: boolean): void;
}

/** A proxy whose connections can be cut. */
export async function line(to: number): Promise<Line> {
  const sockets = new Set<NetSocket>();
  let passing = true;
  const server = createServer((near) => {
    if (!passing) return near.destroy();
    const far = createConnection(to, "127.0.0.1");
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(from);
          into.destroy();
        });
      from.pipe(into);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut,
    pass(on) {
      passing = on;
      if (!on) cut();
    },
  };
}
