/** Who is in a room, who hears of it, and how far away a peer is. */
import { type Presence, type Socket, TrevorError } from "@good-place/trevor";
import { expect, test } from "vitest";
import { deferred } from "../chidi/serving.js";
import { client, line } from "./cutting.js";
import { endpoint, frame, peer, rawSocket } from "./socketing.js";

const tell = ({ event, room, socket, members }: Presence): string =>
  `${socket.rooms.has(room) ? "+" : "-"} ${event} ${room} ${members}`;

test("the room hears of who joins and who leaves, in order, with how many are left", async () => {
  const sockets: Socket[] = [];
  const { port, live } = await endpoint({
    presence: tell,
    connect(socket) {
      sockets.push(socket);
      socket.join("a");
      socket.join("a");
    },
  });
  const first = await peer(port);
  expect(await first.next()).toBe("+ join a 1");
  const second = await peer(port);
  expect([await first.next(), await second.next()]).toEqual(["+ join a 2", "+ join a 2"]);
  expect(live.members("a")).toEqual(sockets);
  const [one, two] = sockets as [Socket, Socket];
  one.leave("a");
  one.leave("a");
  expect(await second.next()).toBe("- leave a 1");
  one.join("a");
  second.ws.terminate();
  expect([await first.next(), await first.next()]).toEqual(["+ join a 2", "- leave a 1"]);
  expect(live.members("a")).toEqual([one]);
  expect(live.members("b")).toEqual([]);
  two.join("a");
  expect(live.members("a")).toEqual([one]);
});

test("presence that answers nothing sends nothing", async () => {
  const seen: string[] = [];
  const { port } = await endpoint({
    presence: (change) => void seen.push(tell(change)),
    connect: (socket) => socket.join("a"),
    read: (socket, message) => socket.write(message),
  });
  const { ws, next } = await peer(port);
  ws.send("x");
  expect(await next()).toBe("x");
  expect(seen).toEqual(["+ join a 1"]);
});

test("presence that throws is thrown by join, and is an error signal for a socket that has closed", async () => {
  const { port, next, live } = await endpoint({
    presence: ({ event, members }) => {
      if (event === "leave" || members > 1) throw new TrevorError("FULL", "the room is full");
    },
    connect: (socket) => {
      socket.join("a");
      socket.join("b");
    },
  });
  const first = await peer(port);
  await next("conn");
  const second = await peer(port);
  expect(await second.next()).toContain("FULL");
  expect(await next("error")).toMatchObject({ phase: "connect", error: { code: "FULL" } });
  // It was in the room when it was refused, and leaves it.
  expect(await next("error")).toMatchObject({ phase: "closed", error: { code: "FULL" } });
  await next("close");
  first.ws.close();
  for (let i = 0; i < 2; i++) expect(await next("error")).toMatchObject({ phase: "closed" });
  await next("close");
  expect(live.statistics()).toMatchObject({ sockets: 0, rooms: 0 });
});

test("ping settles with the time there and back, also when the peer answers only the last, and null when it closes", async () => {
  const socket = deferred<Socket>();
  const { port } = await endpoint({ connect: (one) => socket.resolve(one) });
  const client = await rawSocket(port);
  const one = await socket.promise;
  const pings = [one.ping(), one.ping(), one.ping()];
  const third = new Promise<Buffer>((resolve) => {
    let bytes = Buffer.alloc(0);
    client.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= 9) resolve(bytes.subarray(6, 9));
    });
  });
  const asked = await third;
  expect(asked[0]).toBe(0x89);
  client.write(Buffer.concat([frame(0x8a, Buffer.from("wat")), frame(0x8a, asked.subarray(2))]));
  for (const ping of pings) expect(await ping).toBeGreaterThanOrEqual(0);
  const never = one.ping();
  client.destroy();
  expect(await never).toBeNull();
  expect(await one.ping()).toBeNull();
});

test("a ping of a session is answered, over the next connection too, and null when the session ends", async () => {
  const socket = deferred<Socket>();
  const { port } = await endpoint({ resume: {}, connect: (one) => socket.resolve(one) });
  const wire = await line(port);
  const { changes, close } = client(wire.port);
  const one = await socket.promise;
  expect(await one.ping()).toBeGreaterThanOrEqual(0);
  wire.pass(false);
  for await (const status of changes) if (status === "waiting") break;
  const pings = [one.ping(), one.ping()];
  wire.pass(true);
  for (const ping of pings) expect(await ping).toBeGreaterThanOrEqual(0);
  wire.pass(false);
  const never = one.ping();
  await close();
  void one.close();
  expect(await never).toBeNull();
});
