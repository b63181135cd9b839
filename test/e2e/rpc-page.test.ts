import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { chromium } from "playwright";
import { expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { root } from "./harness.js";

test.skipIf(withoutChromium)(
  "a page finds books over encrypted calls, and says what is missing in its address",
  {
    timeout: 120_000,
  },
  async () => {
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    const file = join(root, "examples/29-rpc-page/server.ts");
    const server = spawn(process.execPath, [tsx, file], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void server.kill());
    const ended = once(server, "exit");
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const url = line.toString().trim();

    const browser = await chromium.launch(launch);
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByText("the server's key is").waitFor();
    await page.getByRole("searchbox").fill("mor");
    await expect
      .poll(() => page.getByRole("listitem").allTextContents())
      .toEqual(["Groundwork of the Metaphysics of Morals"]);

    const other = await browser.newPage();
    await other.goto(url.slice(0, url.indexOf("#")));
    await other.getByText("open the whole address").waitFor();

    server.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  },
);
