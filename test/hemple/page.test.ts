/**
 * A page in a browser that calls a server in Node, over a WebSocket beside the page.
 */
import { fileURLToPath } from "node:url";
import { chidi } from "@good-place/chidi";
import { trevor } from "@good-place/trevor";
import { type Browser, chromium } from "playwright";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { start } from "./office.js";
import type { Page } from "./page/main.js";

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
