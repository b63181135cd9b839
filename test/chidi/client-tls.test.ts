import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf, failure, httpPeer, type Peer, peerOf, rawPeer } from "./client-peers.js";

const folder = mkdtempSync(join(tmpdir(), "chidi-tls-"));
const file = (name: string): string => readFileSync(join(folder, name), "utf8");
let pair: { readonly key: string; readonly cert: string };

beforeAll(() => {
  const subject = ["-subj", "/CN=a.example", "-addext", "subjectAltName=DNS:a.example,IP:127.0.0.1"];
  const keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  execFileSync("openssl", ["req", "-x509", ...keys, "-out", "cert.pem", "-days", "2", ...subject], {
    cwd: folder,
    stdio: "ignore",
  });
  pair = { key: file("key.pem"), cert: file("cert.pem") };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Says which server name it was told and whose certificate it saw.
async function secure(options: ServerOptions = {}): Promise<Peer> {
  const peer = await peerOf(
    createHttps({ ...pair, ...options }, (request, response) => {
      const { servername } = request.socket as TLSSocket & { servername: string | false };
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(JSON.stringify({ servername, client: subject?.CN }));
    }),
  );
  return { ...peer, origin: `https://127.0.0.1:${peer.port}` };
}

const resolve = { "a.example": "127.0.0.1", "b.example": "127.0.0.1" };

test("a certificate that is trusted is taken, another is TLS_FAILED, and that is not tried again", async () => {
  const peer = await secure();
  const { cert: ca } = pair;
  expect((await clientOf(peer, { tls: { ca } }).get("/")).status).toBe(200);
  expect((await clientOf(peer, { tls: { rejectUnauthorized: false } }).get("/")).status).toBe(200);
  const strict = clientOf(peer);
  expect(await failure(strict.get("/"))).toMatchObject({ code: "TLS_FAILED", phase: "tls", retryable: false });
  expect(strict.statistics()).toMatchObject({ retries: 0, failed: 1 });
  const other = clientOf(peer, { origin: `https://b.example:${peer.port}`, resolve, tls: { ca } });
  const failed = await failure(other.get("/"));
  expect(failed).toMatchObject({ code: "TLS_FAILED", cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
});

test("the server name is the host, another where told, or none", async () => {
  const peer = await secure();
  const { cert: ca } = pair;
  const named = { origin: `https://a.example:${peer.port}`, resolve };
  const told = async (options: object): Promise<unknown> => (await clientOf(peer, options).get("/")).json();
  expect(await told({ ...named, tls: { ca } })).toMatchObject({ servername: "a.example" });
  expect(await told({ ...named, tls: { ca, servername: false } })).toMatchObject({ servername: false });
  expect(await told({ tls: { ca } })).toMatchObject({ servername: false });
  const other = { origin: `https://b.example:${peer.port}`, resolve, tls: { ca, servername: "a.example" } };
  expect(await told(other)).toMatchObject({ servername: "a.example" });
});

test("a client certificate is shown to the origin, and to no other that it redirects to", async () => {
  const { cert: ca } = pair;
  const other = await secure({ requestCert: true, rejectUnauthorized: false });
  const strict = await secure({ requestCert: true, ca });
  const tls = { ca, ...pair };
  expect(await (await clientOf(strict, { tls }).get("/")).json()).toMatchObject({ client: "a.example" });
  const leading = await peerOf(
    createHttps({ ...pair, requestCert: true, ca }, (_, response) => {
      response.writeHead(307, { location: `${other.origin}/` }).end();
    }),
  );
  const http = clientOf(leading, { origin: `https://127.0.0.1:${leading.port}`, tls, redirects: 1 });
  expect(await (await http.get("/")).json()).not.toHaveProperty("client");
});

test("a redirect from https to http is REDIRECT_REFUSED", async () => {
  const plain = await httpPeer((_, response) => response.end());
  const peer = await peerOf(
    createHttps(pair, (_, response) => response.writeHead(302, { location: plain.origin }).end()),
  );
  const origin = `https://127.0.0.1:${peer.port}`;
  const http = clientOf(peer, { origin, tls: { ca: pair.cert }, redirects: 1 });
  expect(await failure(http.get("/"))).toMatchObject({ code: "REDIRECT_REFUSED" });
  expect(plain.accepted).toBe(0);
});

test("a handshake that does not end is TLS_TIMEOUT, and closes its connection", async () => {
  const peer = await rawPeer((socket) => socket.resume());
  const http = clientOf(peer, { origin: `https://127.0.0.1:${peer.port}`, tlsTimeoutMs: 50, retry: false });
  expect(await failure(http.post("/"))).toMatchObject({ code: "TLS_TIMEOUT", phase: "tls", retryable: true });
  await peer.empty();
});

test("a cancel in the handshake closes the connection", async () => {
  let seen = (): void => {};
  const hello = new Promise<void>((resolved) => {
    seen = resolved;
  });
  const peer = await rawPeer((socket) => socket.once("data", seen).resume());
  const http = clientOf(peer, { origin: `https://127.0.0.1:${peer.port}` });
  const controller = new AbortController();
  const aborted = failure(http.get("/", { signal: controller.signal }));
  await hello;
  controller.abort(new Error("enough"));
  expect(await aborted).toMatchObject({ message: "enough" });
  await peer.empty();
  expect(http.statistics()).toMatchObject({ active: 0, connections: 0 });
});

test("a server that closes in the handshake is TLS_FAILED, and may be asked again", async () => {
  const peer = await rawPeer((socket) => socket.once("data", () => socket.destroy()));
  const http = clientOf(peer, { origin: `https://127.0.0.1:${peer.port}`, retry: { minMs: 1 } });
  expect(await failure(http.get("/"))).toMatchObject({ code: "TLS_FAILED", retryable: true });
  expect(peer.accepted).toBe(3);
});
