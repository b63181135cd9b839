import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { root } from "./harness.js";

interface Started {
  readonly url: string;
  /** Ends it as Ctrl-C does. Gives its exit code. */
  stop(): Promise<number | null>;
}

async function started(port: string): Promise<Started> {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const file = join(root, "examples/21-live-counter/server.ts");
  const server: ChildProcess = spawn(process.execPath, [tsx, file], {
    env: { ...process.env, PORT: port },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(server, "exit");
  onTestFinished(() => void server.kill());
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return {
    url: line.toString().trim(),
    async stop() {
      server.kill("SIGTERM");
      return (await ended)[0] as number | null;
    },
  };
}

describe.skipIf(withoutChromium)("the live counter", { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(launch);
  });
  afterAll(() => browser?.close());

  async function opened(url: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    await page.getByText("open", { exact: true }).waitFor();
    return page;
  }
  const text = (page: Page, id: string) => expect.poll(() => page.locator(`#${id}`).textContent());

  test("what one page counts the other shows, and a click while the server is away is counted when it is back", async () => {
    const server = await started("0");
    const [one, two] = [await opened(server.url), await opened(server.url)];
    for (const page of [one, two]) await text(page, "pages").toBe("2");
    for (let i = 0; i < 3; i++) await one.getByRole("button", { name: "+1" }).click();
    await two.getByRole("button", { name: "−1" }).click();
    for (const page of [one, two]) await text(page, "count").toBe("2");

    expect(await server.stop()).toBe(0);
    await text(two, "status").toBe("waiting");
    await two.getByRole("button", { name: "+1" }).click();
    expect(await two.locator("#waiting").textContent()).toBe("1");
    // The store begins anew, and so do the sessions.
    const again = await started(new URL(server.url).port);
    await text(two, "waiting").toBe("0");
    for (const page of [one, two]) {
      await text(page, "count").toBe("1");
      await text(page, "pages").toBe("2");
    }
    expect(await again.stop()).toBe(0);
  });
});
