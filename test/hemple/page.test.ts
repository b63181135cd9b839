/**
 * A page in a browser that calls a server in Node, over a WebSocket beside the page.
 */
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { type ChidiOptions, chidi } from "@good-place/chidi";
import { generateKeys } from "@good-place/hemple";
import { handshake } from "@good-place/hemple/noise";
import { trevor } from "@good-place/trevor";
import { type Browser, chromium } from "playwright";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { launch, withoutChromium } from "../chromium.js";
import { start } from "./office.js";
import type { Page } from "./page/main.js";
import { framed, lengthed, pack } from "./wire.js";

declare const page: Page;

let files = new Map<string, string>();
let browser: Browser;

beforeAll(async () => {
  if (withoutChromium) return;
  const built = await build({
    configFile: false,
    logLevel: "silent",
    root: fileURLToPath(new URL("./page", import.meta.url)),
    build: { write: false, target: "esnext" },
  });
  const { output } = built as Rolldown.RolldownOutput;
  files = new Map(output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : String(file.source)]));
  browser = await chromium.launch(launch);
});
afterAll(() => browser?.close());

/** A tab with the page, and the sockets beside it. */
async function open(sockets: ChidiOptions["sockets"]) {
  const handler: ChidiOptions["handler"] = ({ path }) => {
    const body = files.get(path === "/" ? "/index.html" : path);
    const type = path === "/" ? "text/html" : "text/javascript";
    return body === undefined ? { status: 404, body: "" } : { status: 200, headers: { "content-type": type }, body };
  };
  const web = await chidi({ handler, port: 0, sockets });
  onTestFinished(() => web[Symbol.asyncDispose]());
  const tab = await browser.newPage();
  const errors: string[] = [];
  tab.on("pageerror", (error) => errors.push(String(error)));
  await tab.goto(`http://127.0.0.1:${(web.address as { port: number }).port}/`);
  return { tab, errors };
}

test.skipIf(withoutChromium)("a page's bundle holds nothing of Node", () => {
  const code = [...files.values()].join("\n");
  expect(code.length).toBeGreaterThan(10_000);
  expect(code).not.toMatch(/["']node:|__vite-browser-external|sodium/);
});

test.skipIf(withoutChromium)(
  "a page calls a server over a WebSocket, at first contact and on the way back",
  async () => {
    const { server, psk, next } = await start();
    const web = await chidi({
      handler: ({ path }) => {
        const body = files.get(path === "/" ? "/index.html" : path);
        const type = path === "/" ? "text/html" : "text/javascript";
        return body === undefined
          ? { status: 404, body: "" }
          : { status: 200, headers: { "content-type": type }, body };
      },
      port: 0,
      sockets: [trevor({ path: "/rpc", ...server.endpoint })],
    });
    onTestFinished(() => web[Symbol.asyncDispose]());
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`http://127.0.0.1:${(web.address as { port: number }).port}/`);
    const secret = Buffer.from(psk).toString("hex");
    const refused = await tab.evaluate((psk) => page.failure(() => page.dial(psk)), secret);
    expect(refused).toBe("KEY_REFUSED");
    const key = new Uint8Array(Buffer.from(await tab.evaluate(() => page.publicKey), "hex"));
    server.update({ peers: [{ key }] });

    const serverKey = await tab.evaluate((psk) => page.dial(psk), secret);
    expect(serverKey).toBe(Buffer.from(server.publicKey).toString("hex"));
    expect(await tab.evaluate(() => page.doubles(200))).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i));
    expect(await tab.evaluate(() => page.echoes(200_000))).toBe(true);
    for (const pattern of ["XXpsk0+psk3", "XXpsk0+psk3"]) expect(await next("handshake")).toMatchObject({ pattern });

    await tab.evaluate(([psk, key]) => page.dial(psk as string, key), [secret, serverKey]);
    expect(await next("handshake")).toMatchObject({ pattern: "IKpsk2", address: "127.0.0.1" });
    expect(await tab.evaluate(() => page.doubles(3))).toEqual([0, 2, 4]);
    expect(await tab.evaluate(() => page.failure(page.tcp))).toBe("NOT_SUPPORTED");
    await tab.close();
    expect((await next("close")).code).toBe("TRUNCATED");
    expect(errors).toEqual([]);
  },
);

/** A server by hand that lets a page in and then sends it a frame. */
async function hostile(psk: Uint8Array, frame: Buffer): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => void server.close());
  server.on("connection", (socket) => {
    let bytes = Buffer.alloc(0);
    const noise = () =>
      handshake({ pattern: "XXpsk0+psk3", initiator: false, prologue: bytes.subarray(0, 8), s: key, psks: [psk, psk] });
    let answerer: ReturnType<typeof noise> | undefined;
    socket.on("message", (data: Buffer) => {
      bytes = Buffer.concat([bytes, data]);
      if (answerer === undefined && bytes.length >= 58) {
        answerer = noise();
        answerer.read(bytes.subarray(10, 58));
        socket.send(framed(answerer.write()));
      } else if (answerer !== undefined && !answerer.complete && bytes.length >= 124) {
        answerer.read(bytes.subarray(60, 124));
        const welcome = lengthed(pack([3, { maxMessageBytes: 5000, instance: "x" }]));
        const plaintext = Buffer.concat([welcome, frame]);
        for (let at = 0; at < plaintext.length; at += 60_000) {
          socket.send(framed(answerer.tx?.seal(plaintext.subarray(at, at + 60_000)) as Uint8Array));
        }
      }
    });
  });
  const key = generateKeys().privateKey;
  await new Promise((resolve) => server.once("listening", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function deflated(bytes: Uint8Array, claimed: number): Buffer {
  const body = Buffer.concat([Buffer.alloc(4), bytes]);
  body.writeUInt32BE(claimed);
  const frame = lengthed(body);
  frame.writeUInt32BE(2 ** 31 + body.length);
  return frame;
}

const result = pack([5, 1, "a"]);
const bombs: Record<string, Buffer> = {
  "inflates to more than it says": deflated(deflateRawSync(Buffer.alloc(50_000_000)), 1_000_000),
  "inflates to less than it says": deflated(deflateRawSync(result), 1000),
  "says that it is over the limit": deflated(deflateRawSync(Buffer.alloc(5_000_000)), 5_000_000),
  "is no deflate": deflated(Buffer.alloc(100, 0xff), 500),
};

test.skipIf(withoutChromium).each(Object.entries(bombs))(
  "in a page too a frame that %s ends the line",
  async (_, frame) => {
    const { tab, errors } = await open([]);
    const { psk } = await start();
    const [url, secret] = [await hostile(psk, frame), Buffer.from(psk).toString("hex")];
    const ended = await tab.evaluate(([psk, url]) => page.ended(psk as string, url as string), [secret, url]);
    expect(ended).toBe("PROTOCOL");
    expect(errors).toEqual([]);
    await tab.close();
  },
);
