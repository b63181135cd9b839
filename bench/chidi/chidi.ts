/**
 * Ours: handlers that answer at once, and generators where something is waited for.
 */
import { until } from "@good-place/channel";
import { checked, chidi, json, router } from "@good-place/chidi";
import { HELLO, later, type Serve, task, taskId } from "./wire.js";

export const serve: Serve = async () => {
  const server = await chidi({
    port: 0,
    handler: router({
      "GET /hello": () => HELLO,
      "GET /later": function* () {
        return yield* until(later());
      },
      "POST /tasks/:id": checked({ params: taskId, body: task }, ({ params, body }) => json({ ...params, ...body })),
      "POST /size": function* (request) {
        return String((yield* request.text()).length);
      },
    }),
  });
  return (server.address as { port: number }).port;
};
