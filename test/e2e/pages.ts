/**
 * Neil's page in Chromium, at an hour that the test sets: for the server, its command line, and the browser alike.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { launch } from "../chromium.js";
import { newHome, type Server, startServer } from "./harness.js";

export interface Desk extends AsyncDisposable {
  readonly server: Server;
  /** Of one browser: pages of it share the key. */
  readonly context: BrowserContext;
  /** Opens the page, by default with its key. */
  open(url?: string): Promise<Page>;
  /** Sets all clocks, those of the open pages too. */
  setClock(iso: string): Promise<void>;
  /** When the server's heart beat last. */
  lastBeat(): number;
  /** Ends the server and starts it again on the same port; its pages have to notice by themselves. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

export async function deskAt(iso: string): Promise<Desk> {
  const home = newHome();
  const clock = join(home, "clock");
  const env = { NEIL_CLOCK: clock, NEIL_BEAT_MS: "50", TZ: "Europe/Prague" };
  // Whole or not at all: the server may read it at any moment.
  const write = (time: string): void => {
    writeFileSync(`${clock}.new`, time);
    renameSync(`${clock}.new`, clock);
  };
  write(iso);
  let server = await startServer(home, env);
  const browser: Browser = await chromium.launch(launch);
  const context = await browser.newContext({ timezoneId: "Europe/Prague", locale: "en-GB" });
  let time = iso;
  return {
    get server() {
      return server;
    },
    context,
    async open(url = server.page) {
      const page = await context.newPage();
      await page.clock.install({ time });
      await page.goto(url);
      return page;
    },
    async setClock(next) {
      time = next;
      write(next);
      for (const page of context.pages()) await page.clock.setSystemTime(next);
    },
    lastBeat() {
      return (JSON.parse(readFileSync(join(home, "state.json"), "utf8")) as { beat: number }).beat;
    },
    async restart(meanwhile) {
      const { port } = new URL(server.page);
      await server.end();
      try {
        await meanwhile?.();
      } finally {
        server = await startServer(home, env, "0", port);
      }
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.end();
    },
  };
}
