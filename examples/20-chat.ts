// A chat with rooms. Whoever is in a room hears who comes and who goes, and what is said there and nowhere else.
import { chidi } from "@good-place/chidi";
import { type Socket, trevor } from "@good-place/trevor";
import { connect } from "@good-place/trevor/client";
import { WebSocket } from "ws";

const nameOf = ({ request }: Socket) => request.query.get("name") ?? "somebody";
const roomOf = ({ request }: Socket) => request.query.get("room") ?? "lobby";

const live = trevor({
  path: "/chat",
  compress: true,
  messagesPerSecond: 20,
  check: ({ query }) => query.has("name"),
  presence: ({ event, room, socket, members }) =>
    `${nameOf(socket)} ${event === "join" ? "enters" : "leaves"} the ${room}: ${members}`,
  connect: (socket) => socket.join(roomOf(socket)),
  read: (socket, text) => void live.broadcast(roomOf(socket), `${nameOf(socket)}: ${text}`),
});
const server = await chidi({ port: 0, handler: () => "a chat", sockets: [live] });
const { port } = server.address as { port: number };
const enter = (name: string, room: string) =>
  connect<string>(`ws://127.0.0.1:${port}/chat?name=${name}&room=${room}`, { WebSocket });

const eleanor = enter("Eleanor", "kitchen");
console.log(await eleanor.messages.take());
const michael = enter("Michael", "office");
console.log(await michael.messages.take());
const chidiToo = enter("Chidi", "kitchen");
console.log(await eleanor.messages.take());

await michael.write("nobody hears me");
console.log(await michael.messages.take());
await eleanor.write("who is hungry?");
console.log(await eleanor.messages.take());
await chidiToo.close();
console.log(await eleanor.messages.take());
console.log("in the kitchen:", live.members("kitchen").map(nameOf).join(", "));

await eleanor.close();
await michael.close();
await server.drain({ deadlineMs: 1000 });
