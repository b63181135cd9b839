// A cache, and a feed that needs it: when the cache breaks, both come back, the feed only once the cache is warm again.
// The third failure in a minute is one too many: the tree stops its children in reverse order and fails.
import { channel, SupervisorError, type SupervisorEvent, sleep, supervise, supervisor } from "@good-place/channel";

const events = channel<SupervisorEvent>(8);
const printing = supervise(events, (event) => {
  if (event.tag === "restarting") console.log(`${event.child} broke, restart in ${Math.round(event.delayMs)} ms`);
  else console.log(`${event.child} ${event.tag}`);
});

const tree = supervisor({
  name: "kitchen",
  strategy: "rest-for-one",
  intensity: { restarts: 2, withinMs: 60_000 },
  events,
  children: [
    {
      name: "cache",
      readyMs: 1000,
      backoff: { minMs: 5, factor: 2, jitter: 0 },
      *start(fiber) {
        yield* sleep(5);
        fiber.ready();
        yield* sleep(20);
        throw new Error("the cache is full of frozen yogurt");
      },
    },
    {
      name: "feed",
      *start() {
        for (;;) yield* sleep(10);
      },
    },
  ],
});

try {
  await tree;
} catch (error) {
  if (!(error instanceof SupervisorError)) throw error;
  console.log(`${error.code}: ${(error.cause as Error).message}`);
}
events.close();
await printing;
