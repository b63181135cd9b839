/**
 * Run with --expose-gc by memory.test.ts: connections that end in every way, of each how many are still held then.
 */
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { chidi } from "@good-place/chidi";
import { trevor } from "@good-place/trevor";
import { WebSocket } from "ws";

const EACH = 40;
let refs = [];
const hold = ({ connection, socket }) => void refs.push(new WeakRef(connection ?? socket));
const live = trevor({ path: "/live", rules: [[{ tag: "conn" }, hold]] });
const server = await chidi({
  port: 0,
  http2: true,
  sockets: [live],
  rules: [[{ tag: "conn" }, hold]],
  handler: ({ path }) => (path === "/never" ? new Promise(() => {}) : "x"),
});
const { port } = server.address;

const head = (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const once = (emitter, event) =>
  new Promise((resolve) => {
    emitter.once(event, resolve).on("error", () => {});
  });

async function http1(path, leave) {
  const socket = connect(port);
  socket.resume().write(head(path));
  await (path === "/never" ? sleep(20) : once(socket, "data"));
  leave(socket);
  await once(socket, "close");
}

async function http2(headers, leave) {
  const session = connectHttp2(`http://127.0.0.1:${port}`).on("error", () => {});
  await once(session, "remoteSettings");
  const stream = session.request(headers).on("error", () => {});
  stream.resume();
  await (headers[":path"] === "/never" ? sleep(20) : once(stream, "response"));
  leave(session);
  await once(session, "close");
}

async function socket(leave) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/live`);
  await once(ws, "open");
  leave(ws);
  await once(ws, "close");
}

const tunnel = { ":path": "/live", ":method": "CONNECT", ":protocol": "websocket", "sec-websocket-version": "13" };
const ways = {
  "HTTP/1, ended": () => http1("/", (one) => one.end()),
  "HTTP/1, reset": () => http1("/never", (one) => one.resetAndDestroy()),
  "HTTP/2, ended": () => http2({ ":path": "/" }, (one) => one.close()),
  "HTTP/2, cut": () => http2({ ":path": "/never" }, (one) => one.destroy()),
  "a socket, closed": () => socket((one) => one.close()),
  "a socket, cut": () => socket((one) => one.terminate()),
  "a socket over HTTP/2, cut": () => http2(tunnel, (one) => one.destroy()),
};

for (const [way, go] of Object.entries(ways)) {
  refs = [];
  for (let i = 0; i < EACH; i += 8) await Promise.all(Array.from({ length: 8 }, go));
  const held = () => refs.filter((ref) => ref.deref() !== undefined).length;
  // The last ones may wait for the next: node keeps a few parsers and the like.
  for (let i = 0; i < 200 && held() > EACH / 4; i++) {
    await sleep(50);
    gc();
  }
  console.log(JSON.stringify({ way, seen: refs.length >= EACH, held: held() > EACH / 4 ? held() : "few" }));
}
await server.drain();
