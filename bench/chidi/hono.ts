/**
 * `hono` on `@hono/node-server`.
 */
import type { AddressInfo } from "node:net";
import { serve as listen } from "@hono/node-server";
import { Hono } from "hono";
import { HELLO, later, type Serve, task, taskId } from "./wire.js";

export const serve: Serve = () => {
  const app = new Hono();
  app.get("/hello", (c) => c.text(HELLO));
  app.get("/later", async (c) => c.text(await later()));
  app.post("/tasks/:id", async (c) => {
    const params = taskId.parse(c.req.param());
    const body = task.parse(await c.req.json());
    return c.json({ ...params, ...body });
  });
  app.post("/size", async (c) => c.text(String((await c.req.text()).length)));
  return new Promise((resolve) => {
    listen({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info: AddressInfo) => resolve(info.port));
  });
};
