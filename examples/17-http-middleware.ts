// A store behind HTTP: middleware around it, schemas in front of it, and an access log of what became of each request.
import {
  checked,
  chidi,
  json,
  negotiated,
  problem,
  requestIds,
  router,
  sameOrigin,
  secured,
  through,
} from "@good-place/chidi";
import { acts, payload, shawn } from "@good-place/shawn";
import { z } from "zod";

interface Kitchen {
  orders: string[];
}
const act = acts<Kitchen>();
const order = act("kitchen/order", payload<string>()).does({
  update(kitchen, dish) {
    if (kitchen.orders.length === 2) throw new Error("the kitchen is busy");
    kitchen.orders.push(dish);
  },
});
const kitchen = shawn<Kitchen>({ orders: [] }, { acts: [order], onError: () => {} });

const routes = router({
  "GET /orders": negotiated({
    "application/json": () => json(kitchen.envelope.orders),
    "text/plain": () => kitchen.envelope.orders.join("\n"),
  }),
  "POST /orders": checked({ body: z.object({ dish: z.string().min(3) }) }, async ({ body }, { emerge }) => {
    try {
      await emerge(order(body.dish));
      return json(kitchen.envelope.orders, 201);
    } catch (error) {
      return problem(409, (error as Error).message);
    }
  }),
});

const server = await chidi({
  port: 0,
  supervisor: kitchen.flow,
  handler: through(requestIds(), secured(), sameOrigin())(routes),
  journal: ({ method, path, status, outcome }) => console.log(`  ${method} ${path} ${status} ${outcome}`),
});
const url = `http://127.0.0.1:${(server.address as { port: number }).port}/orders`;

const post = async (dish: unknown, headers = {}) => {
  const init = {
    method: "POST",
    body: JSON.stringify({ dish }),
    headers: { "content-type": "application/json", ...headers },
  };
  const response = await fetch(url, init);
  console.log(response.status, await response.text());
};
await post("shrimp");
await post(7); // is no dish
await post("chowder", { origin: "https://elsewhere.example" }); // another site's page sends it
await post("chili");
await post("yogurt"); // the store refuses
const answer = await fetch(url, { headers: { accept: "text/plain" } });
console.log(await answer.text(), answer.headers.get("x-content-type-options"));

await server.drain({ deadlineMs: 1000 });
await kitchen.dismiss();
