// A worker that is made by its user, and serves a body.
import { serveThread } from "@good-place/channel/thread";

serveThread(function* doubling({ from, to }) {
  const value = yield* from.take();
  yield* to.give(value * 2);
  return "served";
});
