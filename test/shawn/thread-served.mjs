// A worker that is made by its user, and serves the body of a thread cocoon.
import { serveThread } from "@good-place/channel/thread";

serveThread(function* served(payload) {
  yield { name: "note", payload };
  return "served";
});
