// A Hono app under supervision: it runs unchanged, and what the server sees of it are signals. One request in a test needs
// no socket.
import { chidi, fetchHandler, inject, router } from "@good-place/chidi";
import { Hono } from "hono";

const app = new Hono();
app.get("/app/hello/:name", (c) => c.text(`hello ${c.req.param("name")}`));
app.post("/app/echo", (c) => new Response(c.req.raw.body));
app.onError((error) => {
  throw error; // to the supervisor
});
app.get("/app/breaks", () => {
  throw new Error("the app is full of bees");
});

const handler = router({ "GET /": () => "home", "* /app/*": fetchHandler((request) => app.fetch(request)) });
console.log(await (await inject(handler, "/app/hello/Janet")).text());

const server = await chidi({
  port: 0,
  handler,
  rules: [[{ tag: "error" }, ({ error }) => console.log("signal:", (error as Error).message)]],
});
const url = `http://127.0.0.1:${(server.address as { port: number }).port}`;
console.log(await (await fetch(`${url}/app/echo`, { method: "POST", body: "streamed both ways" })).text());
console.log((await fetch(`${url}/app/breaks`)).status, "and the server goes on:", await (await fetch(url)).text());
await server.drain({ deadlineMs: 1000 });
