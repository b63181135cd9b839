/** Server-sent events as a browser reads them: it connects again by itself, and goes on where it was. */
import { channel, unbounded } from "@good-place/channel";
import { chidi, compressed, events, html, router, type ServerEvent } from "@good-place/chidi";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";

const page = `<!doctype html><script>
  globalThis.seen = [];
  const source = new EventSource("/feed");
  source.addEventListener("count", ({ data, lastEventId }) => seen.push(lastEventId + ":" + data));
  source.addEventListener("end", () => source.close());
</script>`;

describe.skipIf(withoutChromium)("EventSource in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(launch);
  });
  afterAll(() => browser?.close());

  test("it reads all events in order, compressed, and resumes with the last id after each cut", async () => {
    const resumed: (string | undefined)[] = [];
    // Three events a connection, then the connection is cut, until there are nine.
    const feed = events(({ lastEventId }) => {
      resumed.push(lastEventId);
      const source = channel<ServerEvent>(unbounded());
      const from = Number(lastEventId ?? 0);
      for (let i = from + 1; i <= from + 3; i++) {
        source.tryGive({ id: String(i), event: "count", data: `line ${i}\nand ${i * i}`, retry: 1 });
      }
      if (from + 3 >= 9) source.tryGive({ event: "end", data: "" });
      return source.close();
    });
    await using server = await chidi({
      port: 0,
      handler: router({ "GET /": () => html(page), "GET /feed": compressed()(feed) }),
    });
    const tab = await browser.newPage();
    onTestFinished(() => tab.close());
    await tab.goto(`http://127.0.0.1:${(server.address as { port: number }).port}/`);
    await tab.waitForFunction(() => (globalThis as unknown as { seen: string[] }).seen.length >= 9);
    const seen = await tab.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
    expect(seen).toEqual(Array.from({ length: 9 }, (_, i) => `${i + 1}:line ${i + 1}\nand ${(i + 1) ** 2}`));
    expect(resumed).toEqual([undefined, "3", "6"]);
  });

  test("it goes on with another server once the first has drained", async () => {
    const next = channel<ServerEvent>(unbounded());
    const start = (port: number) =>
      chidi({ port, handler: router({ "GET /": () => html(page), "GET /feed": events(() => next) }) });
    const first = await start(0);
    const { port } = first.address as { port: number };
    const tab = await browser.newPage();
    onTestFinished(() => tab.close());
    await tab.goto(`http://127.0.0.1:${port}/`);
    const until = (length: number) =>
      tab.waitForFunction((wanted) => (globalThis as unknown as { seen: string[] }).seen.length >= wanted, length);
    next.tryGive({ id: "1", event: "count", data: "first", retry: 1 });
    await until(1);
    await first.drain({ deadlineMs: 60_000 });
    await using second = await start(port);
    next.tryGive({ id: "2", event: "count", data: "second" });
    await until(2);
    expect(second.statistics().answering).toBe(1);
  });
});
