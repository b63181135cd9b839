// One store behind HTTP and WebSockets: whoever visits counts, and everybody who listens sees it.
import { chidi, json, router } from "@good-place/chidi";
import { acts, payload, shawn } from "@good-place/shawn";
import { trevor } from "@good-place/trevor";
import { connect } from "@good-place/trevor/client";
import { WebSocket } from "ws";

interface Hotel {
  guests: string[];
}
const act = acts<Hotel>();
const arrive = act("guest/arrive", payload<string>()).does({
  update(hotel, name) {
    if (hotel.guests.includes(name)) throw Object.assign(new Error(`${name} is here already`), { code: "HERE" });
    hotel.guests.push(name);
  },
});

const hotel = shawn<Hotel>({ guests: [] }, { acts: [arrive], onError: () => {} });
const live = trevor({
  path: "/live",
  connect: (socket) => socket.join("lobby"),
  *read(socket, message) {
    yield* socket.emerge(arrive(String(message)));
  },
});
hotel.subscribe(({ guests }) => live.broadcast("lobby", `${guests.length}: ${guests.at(-1)}`));

const server = await chidi({
  port: 0,
  supervisor: hotel.flow,
  sockets: [live],
  handler: router({
    "POST /guests/:name": async ({ params, emerge }) => {
      try {
        await emerge(arrive(params.name));
        return json(hotel.envelope.guests, 201);
      } catch (error) {
        return json({ code: (error as { code: string }).code }, 409);
      }
    },
  }),
});
const { port } = server.address as { port: number };

const screen = connect<string>(`ws://127.0.0.1:${port}/live`, { WebSocket });
await screen.write("Eleanor"); // a guest by WebSocket
console.log(await screen.messages.take());

const post = (name: string) => fetch(`http://127.0.0.1:${port}/guests/${name}`, { method: "POST" });
console.log((await post("Jason")).status); // a guest by HTTP
console.log(await screen.messages.take());
console.log((await post("Jason")).status, "the store refuses a second Jason");

await screen.close();
await server.drain({ deadlineMs: 1000 });
await hotel.dismiss();
