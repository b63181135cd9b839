/** Cookies as a browser keeps them: which it takes, shows to scripts, and sends back to whom. */
import {
  type ChidiOptions,
  type ChidiServer,
  chidi,
  clearCookie,
  cookies,
  html,
  json,
  router,
  setCookie,
} from "@good-place/chidi";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { certificate } from "./certificates.js";

const handler = router({
  "GET /": () => html("<!doctype html><title>cookies</title>"),
  "GET /set": (request) => {
    setCookie(request, "plain", 'a "b"; c=ü');
    setCookie(request, "seen", "by scripts", { httpOnly: false });
    setCookie(request, "strict", "1", { sameSite: "strict" });
    setCookie(request, "far", "away", { path: "/far" });
    if (request.secure) setCookie(request, "__Host-session", "locked");
    return html("<!doctype html><title>set</title>");
  },
  "GET /forget": (request) => {
    for (const name of ["plain", "__Host-session"]) clearCookie(request, name);
    return "forgotten";
  },
  "* /sent": (request) => json(cookies(request)),
});

// Names, because browsers trust addresses of this machine as if they were encrypted.
const sites = { here: "here.example", elsewhere: "elsewhere.example" };

async function serving(
  options: Partial<ChidiOptions> = {},
): Promise<[ChidiServer, (site: keyof typeof sites) => string]> {
  const server = await chidi({ port: 0, handler, ...options });
  const scheme = options.tls === undefined ? "http" : "https";
  return [server, (site) => `${scheme}://${sites[site]}:${(server.address as { port: number }).port}`];
}

describe.skipIf(withoutChromium)("cookies in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      ...launch,
      args: [...launch.args, "--host-resolver-rules=MAP *.example 127.0.0.1"],
    });
  });
  afterAll(() => browser?.close());

  async function tabOf(): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    onTestFinished(() => context.close());
    return context.newPage();
  }
  const sent = (tab: Page, path = "/sent") =>
    tab.evaluate((from) => fetch(from).then((answer) => answer.json() as Promise<object>), path);
  const shown = (tab: Page) => tab.evaluate("document.cookie");

  test("what is set is sent back as it was, only to its path, and no script sees what is HttpOnly", async () => {
    const [server, at] = await serving();
    await using _ = server;
    const tab = await tabOf();
    await tab.goto(`${at("here")}/set`);
    expect(await sent(tab)).toEqual({ plain: 'a "b"; c=ü', seen: "by scripts", strict: "1" });
    expect(await shown(tab)).toBe("seen=by%20scripts");
    await tab.goto(`${at("here")}/forget`);
    expect(await sent(tab)).toEqual({ seen: "by scripts", strict: "1" });
  });

  test("another site has it sent along by a link unless it is strict, and by a form or a script never", async () => {
    const [server, at] = await serving();
    await using _ = server;
    const tab = await tabOf();
    await tab.goto(`${at("here")}/set`);
    const body = () => tab.evaluate("JSON.parse(document.body.innerText)");
    const leave = async (markup: string): Promise<unknown> => {
      await tab.goto(at("elsewhere"));
      await tab.evaluate((content) => {
        document.body.innerHTML = content;
      }, markup);
      await Promise.all([tab.waitForURL("**/sent"), tab.click("#go")]);
      return body();
    };
    const sentTo = `${at("here")}/sent`;
    expect(await leave(`<a id=go href="${sentTo}">go</a>`)).toEqual({ plain: 'a "b"; c=ü', seen: "by scripts" });
    expect(await leave(`<form method=post action="${sentTo}"><button id=go>go</button></form>`)).toEqual({});
    await tab.goto(`${at("here")}/sent`);
    expect(await body()).toMatchObject({ strict: "1" });
    const asked: (string | null)[] = [];
    tab.on("request", (request) => {
      if (request.url() === sentTo) void request.allHeaders().then(({ cookie = null }) => asked.push(cookie));
    });
    for (const site of ["elsewhere", "here"] as const) {
      await tab.goto(at(site));
      await tab.evaluate((from) => fetch(from, { mode: "no-cors", credentials: "include" }).then(() => {}), sentTo);
    }
    await expect.poll(() => asked).toEqual([null, expect.stringContaining("plain=")]);
  });

  test("over TLS a __Host- cookie is kept and sent, and the cookies do not go in the clear", async () => {
    const [secure, at] = await serving({ tls: certificate("here.example") });
    await using _ = secure;
    const [clear, inTheClear] = await serving();
    await using __ = clear;
    const tab = await tabOf();
    await tab.goto(`${at("here")}/set`);
    expect(await sent(tab)).toMatchObject({ "__Host-session": "locked", plain: 'a "b"; c=ü' });
    expect(await shown(tab)).toBe("seen=by%20scripts");
    // A host's cookies are those of all its ports.
    await tab.goto(inTheClear("here"));
    expect(await sent(tab)).toEqual({});
    await tab.goto(`${at("here")}/forget`);
    expect(await sent(tab)).toEqual({ seen: "by scripts", strict: "1" });
  });
});
