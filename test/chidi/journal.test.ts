/** The access log: one entry for each request, whatever became of it. */
import { once } from "node:events";
import { channel } from "@good-place/channel";
import { type JournalEntry, router } from "@good-place/chidi";
import { expect, test, vi } from "vitest";
import { deferred, dial, raw, type Serving, serve } from "./serving.js";

interface Journaled extends Serving {
  entry(): Promise<JournalEntry>;
}

async function journaled(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Journaled> {
  const journal = channel<JournalEntry>(16);
  const handler = router({
    "GET /hello": () => "hello",
    "GET /fails": () => {
      throw Object.assign(new Error("no"), { code: "MINE" });
    },
    "POST /json": async (request) => String(await request.json()),
  });
  const serving = await serve({ handler, journal, ...options });
  return { ...serving, entry: async () => (await journal.take()) as JournalEntry };
}

test("an answered request is one entry with its status, size and time", async () => {
  const { url, entry } = await journaled();
  const before = Date.now();
  await (await fetch(`${url}/hello?token=secret`)).text();
  const got = await entry();
  expect(got).toMatchObject({
    method: "GET",
    path: "/hello",
    status: 200,
    outcome: "answered",
    remoteAddress: "127.0.0.1",
  });
  expect(got.at).toBeGreaterThanOrEqual(before);
  expect(got.ms).toBeGreaterThanOrEqual(0);
  expect(got.bytes).toBeGreaterThan(5);
  expect(got.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(got)).not.toContain("secret");
});

test("a failed handler, a refused body and a path that is not there are entries with what the client was told", async () => {
  const { url, entry } = await journaled();
  await fetch(`${url}/fails`);
  expect(await entry()).toMatchObject({ path: "/fails", status: 500, outcome: "failed", code: "MINE" });
  await fetch(`${url}/json`, { method: "POST", body: "{" });
  expect(await entry()).toMatchObject({ method: "POST", status: 400, outcome: "refused", code: "BAD_JSON" });
  await fetch(`${url}/nothing`);
  expect(await entry()).toMatchObject({ path: "/nothing", status: 404, outcome: "answered" });
});

test("a request that no handler sees is an entry, and bytes that are none are one without a path", async () => {
  const { port, entry } = await journaled();
  await raw(port, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  expect(await entry()).toMatchObject({ path: "/hello", status: 400, outcome: "refused", code: "BAD_REQUEST" });
  await raw(port, "hello\r\n\r\n");
  const got = await entry();
  expect(got).toMatchObject({ status: 400, outcome: "refused", code: "BAD_REQUEST", remoteAddress: "127.0.0.1" });
  expect(got).not.toHaveProperty("path");
});

test("a client that leaves is an entry: with the status once it was sent, without one before", async () => {
  const asked = deferred();
  const { port, entry } = await journaled({
    handler: async (request) => {
      asked.resolve();
      if (request.path === "/silent") await new Promise(() => {});
      return { body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("begun")) }) };
    },
  });
  const silent = await dial(port);
  silent.write("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
  await asked.promise;
  silent.destroy();
  const left = await entry();
  expect(left).toMatchObject({ path: "/silent", outcome: "aborted", bytes: 0 });
  expect(left.status).toBeUndefined();
  const begun = await dial(port);
  begun.write("GET /begun HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(begun, "data");
  begun.destroy();
  expect(await entry()).toMatchObject({ path: "/begun", outcome: "aborted", status: 200 });
});

test("pipelined requests are entries in order, and a refusal ends them", async () => {
  const { port, entry, signals } = await journaled();
  const get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  await raw(port, `${get}${get}GET /x HTTP/1.1\r\n\r\n${get}`);
  const all = [await entry(), await entry(), await entry()];
  expect(all.map(({ path, status }) => [path, status])).toEqual([
    ["/hello", 200],
    ["/hello", 200],
    ["/x", 400],
  ]);
  expect(all[0]?.bytes).toBe(all[1]?.bytes);
  expect(signals.filter(({ tag }) => tag === "refused")).toHaveLength(1);
});

test("a journal that throws costs its entry and nothing else", async () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => {});
  const { url } = await serve({
    handler: () => "hello",
    journal: () => {
      throw new Error("disk full");
    },
  });
  expect(await (await fetch(url)).text()).toBe("hello");
  expect(await (await fetch(url)).text()).toBe("hello");
  expect(print).toHaveBeenCalledWith("chidi: the journal failed:", expect.objectContaining({ message: "disk full" }));
  print.mockRestore();
});
