/** The WebSockets of others: Chromium's, by itself and under the client in a page, and Node's own where it has one. */
import { files, html, router } from "@good-place/chidi";
import { connect, type WebSocketMaker } from "@good-place/trevor/client";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { line } from "./cutting.js";
import { type Endpoint, endpoint } from "./socketing.js";

// Runs in the page and in Node alike: what a socket of the platform does with the endpoint.
async function exchange(url: string): Promise<unknown[]> {
  const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string, protocols: string[]) => never };
  const seen: unknown[] = [];
  const socket = new WebSocket(url, ["other", "chat"]) as {
    binaryType: string;
    readonly protocol: string;
    readonly extensions: string;
    send(data: string | Uint8Array): void;
    close(code: number, reason: string): void;
    addEventListener(
      type: string,
      listener: (event: { data: string | ArrayBuffer; code: number; reason: string }) => void,
    ): void;
  };
  socket.binaryType = "arraybuffer";
  const sent = ["", "plain", "\u{1f30d}".repeat(300), "x".repeat(70_000), new Uint8Array(), new Uint8Array([0, 255])];
  await new Promise<void>((resolve) => {
    socket.addEventListener("open", () => {
      seen.push(socket.protocol, socket.extensions.split(";")[0]);
      for (const message of sent) socket.send(message);
    });
    socket.addEventListener("message", ({ data }) => {
      const got = typeof data === "string" ? data : new Uint8Array(data);
      const expected = sent.shift();
      seen.push(String(got) === String(expected) && typeof got === typeof expected);
      if (sent.length === 0) socket.close(4001, "that is all");
    });
    socket.addEventListener("close", ({ code, reason }) => {
      seen.push(code, reason);
      resolve();
    });
  });
  return seen;
}

const echoing = (): Promise<Endpoint> =>
  endpoint({ protocols: ["chat"], compress: true, read: (socket, message) => socket.write(message) });

const page = `<!doctype html><script type="importmap">{ "imports": {
  "@good-place/channel": "/channel/index.js", "@good-place/channel/misuse": "/channel/misuse.js" } }</script>
<script type="module">
  import { connect } from "/trevor/client/client.js";
  globalThis.begin = async (url) => {
    const { messages, deliver, statistics } = connect(url, { resume: true, retry: { minMs: 1, maxMs: 20 } });
    Object.assign(globalThis, { seen: [], deliver, statistics });
    void (async () => { for await (const message of messages) seen.push(message); })();
    await deliver("0");
  };
</script>`;
const dist = (name: string) => files(new URL(".", import.meta.resolve(name)));
const handler = router({
  "GET /": () => html(page),
  "GET /channel/*": dist("@good-place/channel"),
  "GET /trevor/*": dist("@good-place/trevor"),
});

describe.skipIf(withoutChromium)("Chromium", { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(launch);
  });
  afterAll(() => browser?.close());

  async function opened(port: number): Promise<Page> {
    const tab = await browser.newPage();
    onTestFinished(() => tab.close());
    await tab.goto(`http://127.0.0.1:${port}/`);
    return tab;
  }

  test("its WebSocket gets back what it sends, compressed, under the subprotocol that was agreed on", async () => {
    const { port, next } = await echoing();
    const tab = await opened(port);
    expect(await tab.evaluate(exchange, `ws://127.0.0.1:${port}/live`)).toEqual([
      "chat",
      "permessage-deflate",
      ...Array(6).fill(true),
      4001,
      "that is all",
    ]);
    expect(await next("close")).toMatchObject({ closing: { code: 4001, reason: "that is all", clean: true } });
  });

  test("it is told of a close with its code, answers pings, and sends an origin that can be refused", async () => {
    const { port } = await endpoint({ origins: ["http://127.0.0.1:1"] });
    const open = await endpoint({
      connect: async (socket) => {
        const ms = await socket.ping();
        await socket.close(4000, ms === null ? "no pong" : "pong");
      },
    });
    const tab = await opened(open.port);
    const ended = (url: string): Promise<unknown> =>
      tab.evaluate((to) => {
        const socket = new WebSocket(to);
        return new Promise((resolve) =>
          socket.addEventListener("close", ({ code, reason }) => resolve([code, reason])),
        );
      }, url);
    expect(await ended(`ws://127.0.0.1:${open.port}/live`)).toEqual([4000, "pong"]);
    // A page is not told why.
    expect(await ended(`ws://127.0.0.1:${port}/live`)).toEqual([1006, ""]);
  });

  test("the client in a page keeps its session over cuts: nothing is lost, nothing comes twice", async () => {
    const heard: string[] = [];
    const { port, live } = await endpoint({
      resume: {},
      server: { handler },
      connect: (socket) => socket.join("all"),
      read: (_, message) => void heard.push(String(message)),
    });
    const wire = await line(port);
    const tab = await opened(port);
    type World = {
      begin(url: string): Promise<void>;
      deliver(text: string): Promise<void>;
      readonly seen: string[];
      statistics(): { lost: number };
    };
    await tab.evaluate((url) => (globalThis as unknown as World).begin(url), `ws://127.0.0.1:${wire.port}/live`);
    for (let i = 1; i <= 10; i++) {
      const delivered = tab.evaluate((text) => (globalThis as unknown as World).deliver(text), String(i));
      live.broadcast("all", `all ${i}`);
      wire.cut();
      live.broadcast("all", `and ${i}`);
      await delivered;
    }
    expect(heard).toEqual(Array.from({ length: 11 }, (_, i) => String(i)));
    await tab.waitForFunction(() => (globalThis as unknown as World).seen.length >= 20);
    expect(await tab.evaluate(() => (globalThis as unknown as World).seen)).toEqual(
      Array.from({ length: 10 }, (_, i) => [`all ${i + 1}`, `and ${i + 1}`]).flat(),
    );
    expect(await tab.evaluate(() => (globalThis as unknown as World).statistics().lost)).toBe(0);
  });
});

const own = (globalThis as { WebSocket?: WebSocketMaker }).WebSocket;
if (own === undefined) console.warn(`Node ${process.version} has no WebSocket of its own: its tests are skipped`);

describe.skipIf(own === undefined)("Node's own WebSocket", () => {
  test("it gets back what it sends, under the subprotocol that was agreed on", async () => {
    const { port } = await echoing();
    const seen = await exchange(`ws://127.0.0.1:${port}/live`);
    expect(seen[0]).toBe("chat");
    expect(seen.slice(2)).toEqual([...Array(6).fill(true), 4001, "that is all"]);
  });

  test("the client takes it when it is given none", async () => {
    const { port } = await endpoint({ resume: {}, read: (socket, message) => socket.write(message) });
    const { deliver, messages, close } = connect(`ws://127.0.0.1:${port}/live`, { resume: true });
    await deliver("hello");
    expect(await messages.take()).toBe("hello");
    await close();
  });
});
