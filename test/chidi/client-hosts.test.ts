import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chidi, json } from "@good-place/chidi";
import { client } from "@good-place/chidi/client";
import { expect, onTestFinished, test } from "vitest";
import { clientOf, echo, failure, httpPeer, type Peer, peerOf } from "./client-peers.js";

// Servers that say who they are, and those in `broken` close without a word.
async function named(names: readonly string[], broken: Set<string> = new Set()): Promise<Peer[]> {
  return Promise.all(
    names.map((name) =>
      httpPeer((request, response) => {
        if (broken.has(name)) request.socket.destroy();
        else response.end(name);
      }),
    ),
  );
}

test("several origins are asked in turn", async () => {
  const http = clientOf(await named(["a", "b", "c"]));
  const came: string[] = [];
  for (let i = 0; i < 6; i++) came.push(await (await http.get("/")).text());
  expect(came).toEqual(["a", "b", "c", "a", "b", "c"]);
});

test("an origin that fails is left out, its request goes to the next, and later it is tried again", async () => {
  const broken = new Set(["b"]);
  const peers = await named(["a", "b"], broken);
  const http = clientOf(peers, { retry: { minMs: 1 }, eject: { failures: 2, ms: 60_000 } });
  for (let i = 0; i < 8; i++) expect(await (await http.get("/")).text()).toBe("a");
  expect(http.statistics()).toMatchObject({ ejected: [peers[1]?.origin], failed: 0 });
  expect(peers[1]?.accepted).toBe(2);

  const brief = clientOf(peers, { retry: { minMs: 1 }, eject: { failures: 1, ms: 1 } });
  for (let i = 0; i < 4; i++) expect(await (await brief.get("/")).text()).toBe("a");
  broken.clear();
  const came = new Set<string>();
  while (came.size < 2) came.add(await (await brief.get("/")).text());
});

test("when all origins are left out, requests still go to one of them", async () => {
  const peers = await named(["a", "b"], new Set(["a", "b"]));
  const http = clientOf(peers, { retry: false, eject: { failures: 1, ms: 60_000 } });
  for (let i = 0; i < 4; i++) expect(await failure(http.get("/"))).toMatchObject({ code: "CONNECTION_LOST" });
  expect(http.statistics().ejected.length).toBe(2);
});

test("a name comes from a table: the exact one, then the nearest wildcard; then from the next that knows", async () => {
  const peer = await httpPeer((request, response) => response.end(request.headers.host));
  const asked: string[] = [];
  const elsewhere = (hostname: string): string | undefined => {
    asked.push(hostname);
    return hostname === "c.example" ? "127.0.0.1" : undefined;
  };
  const bad = "127.0.0.255";
  const table = {
    "a.example": "127.0.0.1",
    "*.b.example": bad,
    "*.x.b.example": ["127.0.0.1"],
    "y.x.b.example": bad,
    "*.localhost": bad,
  };
  for (const host of ["a.example", "A.Example", "deep.z.x.b.example", "c.example", "localhost"]) {
    const http = clientOf(peer, { origin: `http://${host}:${peer.port}`, resolve: [table, elsewhere] });
    expect(await (await http.get("/")).text()).toBe(`${host.toLowerCase()}:${peer.port}`);
  }
  expect(asked).toEqual(["c.example", "localhost"]);
  const wrong = clientOf(peer, { origin: "http://a.example", resolve: { "a.example": "b.example" }, retry: false });
  expect(await failure(wrong.get("/"))).toMatchObject({ code: "RESOLVE_FAILED", phase: "resolve" });
});

test("a name is asked for once by all who want it, kept as long as told, and a failure is not kept", async () => {
  const peer = await httpPeer(echo);
  let calls = 0;
  const resolve = async (): Promise<string> => {
    calls++;
    await new Promise(setImmediate);
    if (calls === 1) throw new Error("not yet");
    return "127.0.0.1";
  };
  const origin = `http://a.example:${peer.port}`;
  const http = clientOf(peer, { origin, resolve, retry: false });
  const failed = await Promise.all([failure(http.get("/")), failure(http.get("/"))]);
  expect(failed.map(({ code }) => code)).toEqual(["RESOLVE_FAILED", "RESOLVE_FAILED"]);
  expect(calls).toBe(1);
  await Promise.all([1, 2, 3].map(async () => (await http.get("/")).text()));
  expect(peer.accepted).toBe(3);
  expect(calls).toBe(2);
  const forgetful = clientOf(peer, { origin, resolve, resolveCacheMs: 0, connections: 8 });
  for (let i = 0; i < 2; i++) await (await forgetful.post("/", { headers: { connection: "close" } })).text();
  expect(calls).toBe(4);
});

test("of several addresses one that answers is taken", async () => {
  const peer = await httpPeer(echo);
  const resolve = { "a.example": ["::1", "127.0.0.1"] };
  const http = clientOf(peer, { origin: `http://a.example:${peer.port}`, resolve, retry: false });
  expect((await http.get("/")).status).toBe(200);
});

test("a unix socket is connected to, and the origin says the host", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chidi-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "s.sock");
  const peer = await peerOf(createServer(echo), socketPath);
  const resolve = (): never => {
    throw new Error("asked");
  };
  const http = clientOf(peer, { origin: "http://a.example:81", socketPath, resolve });
  expect(await (await http.get("/x")).json()).toMatchObject({ url: "/x", headers: { host: "a.example:81" } });
  const gone = clientOf(peer, { socketPath: join(folder, "no.sock"), retry: false });
  expect(await failure(gone.get("/"))).toMatchObject({ code: "CONNECT_FAILED" });
});

test("a redirect is an answer, unless redirects are allowed", async () => {
  const peer = await httpPeer((_, response) => response.writeHead(302, { location: "/b" }).end());
  expect((await clientOf(peer).get("/a")).status).toBe(302);
  const http = clientOf(peer, { redirects: 2 });
  expect(await failure(http.get("/a"))).toMatchObject({ code: "REDIRECT_REFUSED" });
  expect(http.statistics()).toMatchObject({ active: 0, failed: 1 });
});

test.each([
  [301, "POST", "GET", ""],
  [302, "POST", "GET", ""],
  [302, "PUT", "PUT", "body"],
  [303, "PUT", "GET", ""],
  [307, "POST", "POST", "body"],
  [308, "POST", "POST", "body"],
])("a redirect by %d turns %s into %s", async (status, method, then, body) => {
  const peer = await httpPeer((request, response) => {
    if (request.url === "/a/b") response.writeHead(status, { location: "../c?d#e" }).end();
    else echo(request, response);
  });
  const http = clientOf(peer, { redirects: 1 });
  const answer = await http.request(method, "/a/b", { body: "body", headers: { authorization: "Bearer x" } });
  expect(answer.url).toBe(`${peer.origin}/c?d`);
  const got = (await answer.json()) as { headers: Record<string, string> };
  expect(got).toMatchObject({ method: then, body, headers: { authorization: "Bearer x" } });
  expect("content-type" in got.headers).toBe(body !== "");
});

test("a redirect to another origin takes along nothing that names the user, and leaves no connection there", async () => {
  const other = await httpPeer(echo);
  const peer = await httpPeer((_, response) => response.writeHead(307, { location: `${other.origin}/x` }).end());
  const headers = { authorization: "Bearer x", cookie: "a=b", host: "a.example", "x-app": "neil" };
  const answer = await clientOf(peer, { redirects: 1, headers }).get("/");
  const got = (await answer.json()) as { headers: Record<string, string> };
  expect(got.headers).toMatchObject({ host: `127.0.0.1:${other.port}`, "x-app": "neil" });
  expect(got.headers).not.toHaveProperty("authorization");
  expect(got.headers).not.toHaveProperty("cookie");
  await other.empty();
});

test.each(["ftp://a.example/", "http://user:pass@127.0.0.1/", "http://[", "javascript:1"])(
  "a redirect to %s is REDIRECT_REFUSED",
  async (location) => {
    const peer = await httpPeer((_, response) => response.writeHead(302, { location }).end("x"));
    expect(await failure(clientOf(peer, { redirects: 3 }).get("/"))).toMatchObject({ code: "REDIRECT_REFUSED" });
  },
);

test("a redirect is REDIRECT_REFUSED where the body was a stream", async () => {
  const peer = await httpPeer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(307, { location: "/b" }).end());
  });
  const body = new Blob(["once"]).stream();
  const refused = failure(clientOf(peer, { redirects: 3 }).post("/", { body }));
  expect(await refused).toMatchObject({ code: "REDIRECT_REFUSED" });
});

test("client and server of one package agree: bodies both ways, refusals, and a drain that closes both", async () => {
  const server = await chidi({
    port: 0,
    maxBodyBytes: 1024,
    handler: async (request) => json({ path: request.path, body: await request.text() }, 201),
  });
  const { port } = server.address as { port: number };
  await using http = client({ origin: `http://127.0.0.1:${port}` });
  const answer = await http.post("/a", { body: "hello" });
  expect([answer.status, await answer.json()]).toEqual([201, { path: "/a", body: "hello" }]);
  const refused = await http.post("/a", { body: "a".repeat(2000) });
  expect(refused.status).toBe(413);
  await refused.text();
  await http.drain();
  await server.drain({ deadlineMs: 30_000 });
  expect(server.statistics().connections).toBe(0);
});
