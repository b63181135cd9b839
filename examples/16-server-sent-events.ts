// A kitchen tells who listens what is ready. A listener that was away says what it has seen last, and misses nothing.
import { channel } from "@good-place/channel";
import { chidi, compressed, events, type Listener, router, type ServerEvent } from "@good-place/chidi";

const ready: string[] = [];
const listeners = new Set<() => void>();

// The events of one listener: what it has not seen yet, then what comes. The signal ends the wait when the stream ends.
async function* feed({ lastEventId, signal }: Listener): AsyncGenerator<ServerEvent> {
  const news = channel<true>(1);
  const wake = () => void news.tryGive(true);
  listeners.add(wake);
  try {
    for (let next = Number(lastEventId ?? 0); ; ) {
      for (; next < ready.length; next++) yield { id: String(next + 1), event: "ready", data: ready[next] as string };
      await news.take({ signal });
    }
  } finally {
    listeners.delete(wake);
  }
}

const server = await chidi({
  port: 0,
  handler: router({
    "GET /kitchen": compressed()(events(feed)),
    "POST /kitchen/:dish": ({ params }) => {
      ready.push(params.dish);
      for (const wake of listeners) wake();
      return { status: 204 };
    },
  }),
});
const { port } = server.address as { port: number };
const kitchen = `http://127.0.0.1:${port}/kitchen`;
const cook = (dish: string) => fetch(`${kitchen}/${dish}`, { method: "POST" });

// What a browser's EventSource does by itself: read until there are so many events, then leave.
async function listen(count: number, lastEventId = "0"): Promise<string[]> {
  const response = await fetch(kitchen, { headers: { "last-event-id": lastEventId } });
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.split("data: ").length > count) break;
  }
  return [...text.matchAll(/data: (.*)/g)].map(([, data]) => data as string);
}

const first = listen(2);
await cook("clam chowder");
await cook("frozen yogurt");
console.log(`heard: ${(await first).join(", ")}`);
await cook("shrimp"); // Nobody listens now.
console.log(`missed: ${(await listen(1, "2")).join(", ")}`);

await server.drain({ deadlineMs: 1000 });
console.log(`listeners left: ${listeners.size}`);
