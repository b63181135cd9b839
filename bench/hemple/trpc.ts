/** tRPC over a WebSocket. */
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";
import * as z from "zod/mini";
import { type Ends, host, Note, notes } from "./ends.js";

const t = initTRPC.create();
const router = t.router({
  echo: t.procedure
    .input(Note)
    .output(Note)
    .mutation(({ input }) => input),
  stream: t.procedure.input(z.number()).subscription(({ input }) => notes(input)),
});

export async function trpc(): Promise<Ends> {
  const server = new WebSocketServer({ port: 0, host, perMessageDeflate: false });
  applyWSSHandler({ wss: server, router });
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `ws://${host}:${(server.address() as { port: number }).port}`;
  const made = (onOpen: () => void): ReturnType<typeof createWSClient> =>
    createWSClient({ url, WebSocket: WebSocket as never, onOpen });
  const opened = async (): Promise<ReturnType<typeof createWSClient>> => {
    let open = (): void => {};
    const done = new Promise<void>((resolve) => {
      open = resolve;
    });
    const client = made(() => open());
    await done;
    return client;
  };
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: await opened() })] });
  return {
    echo: (note) => client.echo.mutate(note),
    stream: (count) =>
      new Promise((resolve, reject) => {
        let come = 0;
        client.stream.subscribe(count, {
          onData: () => {
            come += 1;
          },
          onComplete: () => resolve(come),
          onError: reject,
        });
      }),
    connect: async () => void (await (await opened()).close()),
  };
}
