/**
 * `fastify`, with its own schemas, of the answer as well: so its guide advises.
 */
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { HELLO, later, type Serve } from "./wire.js";

const params = { type: "object", required: ["id"], properties: { id: { type: "string", pattern: "^\\d+$" } } } as const;
const body = {
  type: "object",
  required: ["title", "done"],
  properties: { title: { type: "string" }, done: { type: "boolean" } },
} as const;
const answered = { type: "object", properties: { ...params.properties, ...body.properties } } as const;

export const serve: Serve = async () => {
  const app = fastify();
  app.get("/hello", (_request, reply) => {
    reply.send(HELLO);
  });
  app.get("/later", async () => await later());
  app.post("/tasks/:id", { schema: { params, body, response: { 200: answered } } }, (request, reply) => {
    reply.send({ ...(request.params as object), ...(request.body as object) });
  });
  app.post("/size", (request, reply) => {
    reply.send(String((request.body as string).length));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return (app.server.address() as AddressInfo).port;
};
