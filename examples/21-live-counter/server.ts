// A counter that all open pages share: one store, and a session for each page. `npx tsx examples/21-live-counter/server.ts`,
// then open two windows. Stop the server, click, and start it again: no click that it did not take is lost.
import { readFile } from "node:fs/promises";
import { chidi, files, html, router } from "@good-place/chidi";
import { acts, payload, shawn } from "@good-place/shawn";
import { trevor } from "@good-place/trevor";
import { z } from "zod";

interface Counter {
  count: number;
}
const act = acts<Counter>();
const add = act("add", payload<number>()).does({
  update(counter, n) {
    counter.count += n;
  },
});
const counter = shawn<Counter>({ count: 0 }, { acts: [add] });

const live = trevor({
  path: "/live",
  resume: {},
  schema: z.strictObject({ add: z.int().min(-10).max(10) }),
  presence: ({ members }) => ({ pages: members }),
  connect(socket) {
    void socket.write(counter.envelope);
    socket.join("counter");
  },
  // Done when the store has confirmed it: that is what the page's `deliver` waits for.
  *read(socket, wish) {
    yield* socket.emerge(add(wish.add));
  },
});
counter.subscribe((now) => void live.broadcast("counter", now));

// The packages as they are: no bundler.
const dist = (name: string) => files(new URL(".", import.meta.resolve(name)));
const here = new URL(".", import.meta.url);
const server = await chidi({
  port: Number(process.env.PORT ?? 0),
  supervisor: counter.flow,
  sockets: [live],
  handler: router({
    "GET /": async () => html(await readFile(new URL("index.html", here), "utf8")),
    "GET /page.js": files(here),
    "GET /channel/*": dist("@good-place/channel"),
    "GET /trevor/*": dist("@good-place/trevor"),
  }),
});
console.log(`http://127.0.0.1:${(server.address as { port: number }).port}/`);

process.once("SIGINT", stop).once("SIGTERM", stop);
async function stop(): Promise<void> {
  await server.drain({ deadlineMs: 1000 });
  await counter.dismiss();
}
