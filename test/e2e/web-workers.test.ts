import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { root } from "./harness.js";

const WORK = `
  import { CLOSED, sleep } from "/dist/index.js";
  const bodies = {
    *pump({ from, to }) {
      for (;;) {
        const value = yield* from.take();
        if (value === CLOSED) return "closed";
        yield* to.give(value);
      }
    },
    fails() { throw Object.assign(new TypeError("boo"), { code: "BOO" }); },
    *crashes() { setTimeout(() => { throw new Error("nowhere"); }, 1); yield* sleep(1e6); },
    *naps({ started, to }) { try { yield* started.give(1); yield* sleep(1e6); } finally { yield* to.give("bye"); } },
    *spins({ started }) { void started.give(1); yield* sleep(1); for (;;); },
  };
  export default (input) => bodies[input.body](input);
`;

const PRELUDE = `
  const { goThread, threadChannel } = await import("/dist/thread.js");
  const { go } = await import("/dist/index.js");
  const run = (body, input, options) => goThread(new URL("/work.js", location.href), { body, ...input }, options);
  const failure = (fiber) => fiber.then(() => "none", ({ code, cause, reason }) => [code, cause?.message, reason]);
`;

/** The files of the page in fixtures/threads, as a bundler makes them for production. */
async function bundled(): Promise<Map<string, string>> {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    root: fileURLToPath(new URL("./fixtures/threads", import.meta.url)),
    worker: { format: "es" },
    build: { write: false, target: "esnext" },
  });
  const { output } = built as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : String(file.source)]));
}

describe.skipIf(withoutChromium)("threads on web workers", () => {
  let files = new Map<string, string>();
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    files = await bundled();
    server = createServer(async ({ url = "/" }, response) => {
      response.setHeader("content-type", url.endsWith(".js") ? "text/javascript" : "text/html");
      if (url === "/work.js") return void response.end(WORK);
      const built = files.get(url);
      if (built !== undefined) return void response.end(built);
      const file = url.startsWith("/dist/") ? await readFile(join(root, "packages/channel", url)).catch(() => "") : "";
      response.end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await chromium.launch(launch);
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const inPage = (source: string): Promise<unknown> => page.evaluate(`(async () => { ${PRELUDE} ${source} })()`);

  test("values pass through a worker in order, with credit, and the close is heard", async () => {
    const passed = await inPage(`
      const [from, to] = [threadChannel(16), threadChannel(16)];
      const fiber = run("pump", { from, to });
      go(function* () { for (let i = 0; i < 2000; i++) yield* from.give({ i }); from.close(); });
      let inOrder = true;
      for (let i = 0; i < 2000; i++) inOrder &&= (await to.take()).i === i;
      return [inOrder, await fiber];
    `);
    expect(passed).toEqual([true, "closed"]);
  });

  test("a worker that a bundler makes for production serves its body", async () => {
    const bundle = await browser.newPage();
    await bundle.goto(new URL("/index.html", page.url()).href);
    await bundle.waitForFunction(() => document.title.startsWith("{"));
    expect(JSON.parse(await bundle.title())).toEqual({ last: 198, count: 100, result: "served" });
  });

  test("failures come with their codes, and uncaught errors end the worker", async () => {
    expect(await inPage(`return [await failure(run("fails")), await failure(run("crashes"))];`)).toEqual([
      ["THREAD_FAILED", "boo", undefined],
      ["THREAD_CRASHED", "nowhere", undefined],
    ]);
  });

  test("a cancel runs finally blocks, and ends a worker that does not listen", async () => {
    const ended = await inPage(`
      const [started, to] = [threadChannel(), threadChannel(1)];
      const napping = run("naps", { started, to });
      await started.take();
      napping.cancel("enough");
      const first = await failure(napping);
      const spinning = run("spins", { started }, { graceMs: 20 });
      await started.take();
      spinning.cancel("stop");
      return [first[0], first[2], to.tryTake(), (await failure(spinning))[2]];
    `);
    expect(ended).toEqual(["CANCELLED", "enough", "bye", "stop"]);
  });
});
