/** TLS: who the server is for each name, whom it lets in, and what becomes of handshakes that fail. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request as requestOf } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { type ChidiOptions, chidi, type RefusedSignal } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { certificate } from "./certificates.js";
import { dial, rest, serve, until } from "./serving.js";

const root = certificate("root");
const plain = certificate("plain.example", root);
const other = certificate("other.example", root);
const starred = certificate("*.b.example", root);
const club = certificate("club.example", root);
const members = certificate("members");
const member = certificate("member", members);
const stranger = certificate("stranger", certificate("strangers"));
const sni = {
  "other.example": other,
  "*.b.example": starred,
  "club.example": { ...club, ca: members.cert, clientAuth: "required" },
} as const;
const handler: ChidiOptions["handler"] = ({ secure, clientCertificate }) =>
  `${secure} ${clientCertificate?.subject ?? "nobody"}`;

test("each name gets its own certificate, a wildcard stands for one label, and any other name gets tls", async () => {
  const { port } = await serve({ handler, tls: plain, sni });
  const names: [string | undefined, string][] = [
    ["other.example", "other.example"],
    ["OTHER.example", "other.example"],
    ["a.b.example", "*.b.example"],
    ["a.a.b.example", "plain.example"],
    ["b.example", "plain.example"],
    ["elsewhere.example", "plain.example"],
    [undefined, "plain.example"],
  ];
  for (const [servername, expected] of names) {
    const socket = await shake(port, { servername, checkServerIdentity: () => undefined });
    expect(socket.getPeerCertificate().subject.CN, servername).toBe(expected);
  }
});

test("a host that requires certificates refuses who has none, and serves who has one, while others ask for nothing", async () => {
  const { port, server, next } = await serve({ handler, tls: plain, sni });
  expect(await get(port, "other.example")).toMatchObject({ status: 200, text: "true nobody" });
  expect(await get(port, "club.example", member)).toMatchObject({ status: 200, text: "true CN=member" });
  for (const credentials of [{}, stranger]) {
    await expect(get(port, "club.example", credentials)).rejects.toThrow();
    const { error, connection } = await next<RefusedSignal>("refused");
    expect(error).toMatchObject({ code: "TLS_CLIENT_REFUSED" });
    expect(connection).toMatchObject({ remoteAddress: "127.0.0.1", requests: 0 });
  }
  expect(await get(port, "other.example", stranger)).toMatchObject({ status: 200, text: "true nobody" });
  expect(server.statistics()).toMatchObject({ refused: 2, failed: 0 });
});

test("a request for a host that requires certificates is 421 on a connection to another host", async () => {
  const { port, next } = await serve({ handler, tls: plain, sni });
  for (const credentials of [{}, member]) {
    expect(await get(port, "other.example", credentials, "CLUB.example:443")).toMatchObject({ status: 421 });
    expect((await next<RefusedSignal>("refused")).error).toMatchObject({ code: "MISDIRECTED", status: 421 });
  }
});

test("a session of one host is not resumed at another whose clients need certificates of others", async () => {
  const { port } = await serve({
    handler,
    tls: plain,
    sni: { ...sni, "other.example": { ...other, ca: members.cert, clientAuth: "optional" } },
  });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    let session: Buffer | undefined;
    const first = await shake(port, { servername: "other.example", maxVersion, ...member });
    first.on("session", (ticket) => {
      session = ticket;
    });
    first.write("GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n");
    expect(await rest(first)).toContain("CN=member");
    session ??= first.getSession();
    const again = await shake(port, { servername: "other.example", maxVersion, session });
    expect(again.isSessionReused(), maxVersion).toBe(false);
  }
});

test("TLS below 1.2 is refused with one signal, and 1.2 by minVersion TLSv1.3", async () => {
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
  const lax = await serve({ handler, tls: { ...plain, ciphers: "ALL:@SECLEVEL=0" } });
  await expect(shake(lax.port, old)).rejects.toThrow(/protocol version|handshake/);
  expect(await lax.next("refused")).toMatchObject({ error: { code: "TLS_FAILED" } });
  const strict = await serve({ handler, tls: { ...plain, minVersion: "TLSv1.3" } });
  await expect(shake(strict.port, { maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version|handshake/);
  expect((await shake(strict.port, {})).getProtocol()).toBe("TLSv1.3");
});

test("a handshake that fails or does not end is one refused signal with a code, and the server goes on", async () => {
  const { port, next, signals, server } = await serve({ handler, tls: plain });
  const text = await dial(port);
  text.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await rest(text);
  expect(await next("refused")).toMatchObject({ error: { code: "TLS_FAILED" }, connection: { requests: 0 } });
  expect(await get(port, "plain.example")).toMatchObject({ status: 200 });
  const impatient = await serve({ handler, tls: plain, handshakeTimeoutMs: 50 });
  for (let i = 0; i < 2; i++) {
    await rest(await dial(impatient.port));
    expect(await impatient.next("refused")).toMatchObject({ error: { code: "TLS_TIMEOUT" } });
  }
  for (const [one, refused, all] of [
    [server, 1, signals],
    [impatient.server, 2, impatient.signals],
  ] as const) {
    expect(all.filter(({ tag }) => tag === "refused" || tag === "error")).toHaveLength(refused);
    expect(one.statistics()).toMatchObject({ refused });
  }
});

test("drain does not wait for handshakes that have not ended", async () => {
  const { port, server } = await serve({ handler, tls: plain, handshakeTimeoutMs: 1_000_000 });
  const silent = await dial(port);
  const open = await shake(port, {});
  await server.drain({ deadlineMs: 1_000_000 });
  await Promise.all([rest(silent), rest(open)]);
});

test("reload changes the certificates of handshakes to come, and drops no connection", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chidi-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { cert: { file: join(folder, "crt") }, key: { file: join(folder, "key") } };
  const store = ({ cert, key }: { cert: string; key: string }): void => {
    writeFileSync(files.cert.file, cert);
    writeFileSync(files.key.file, key);
  };
  store(plain);
  const { port, server } = await serve({ handler, tls: files, sni: { "a.example": files } });
  const name = async (servername: string): Promise<unknown> =>
    (await shake(port, { servername, checkServerIdentity: () => undefined })).getPeerCertificate().subject.CN;
  const before = await shake(port, {});
  store(other);
  expect(await name("a.example")).toBe("plain.example");
  server.reload({ tls: files, sni: { "a.example": files, "b.example": starred } });
  expect(await Promise.all(["", "a.example", "b.example"].map(name))).toEqual([
    "other.example",
    "other.example",
    "*.b.example",
  ]);
  writeFileSync(files.key.file, plain.key);
  const mixed = (): void => server.reload({ tls: files });
  expect(mixed).toThrow(expect.objectContaining({ code: "BAD_CERTIFICATE" }));
  expect(await name("a.example")).toBe("other.example");
  before.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(await rest(before)).toMatch(/^HTTP\/1.1 200 /);
});

test("a required certificate that comes by reload counts for the requests of connections that are there", async () => {
  const { port, server } = await serve({ handler, tls: { ...plain, ca: members.cert, clientAuth: "optional" } });
  const before = await shake(port, {});
  before.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(before, "true nobody");
  server.reload({ tls: { ...plain, ca: members.cert, clientAuth: "required" } });
  before.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(await rest(before)).toMatch(/^HTTP\/1.1 421 /);
});

test("TLS options of the wrong kind, and certificates that cannot be used, are refused at once", async () => {
  const wrong: [string, object][] = [
    ["UNKNOWN_OPTION", { tls: { ...plain, certificate: "x" } }],
    ["UNKNOWN_OPTION", { tls: plain, sni: { "a.example": { ...plain, minVersion: "TLSv1.3" } } }],
    ["BAD_OPTION", { tls: { cert: plain.cert } }],
    ["BAD_OPTION", { tls: { ...plain, minVersion: "TLSv1.1" } }],
    ["BAD_OPTION", { tls: { ...plain, clientAuth: "required" } }],
    ["BAD_OPTION", { tls: { ...plain, clientAuth: "always", ca: members.cert } }],
    ["BAD_OPTION", { tls: plain, sni: { "*": plain } }],
    ["BAD_OPTION", { tls: plain, sni: { "a.*.example": plain } }],
    ["BAD_OPTION", { sni }],
    ["BAD_CERTIFICATE", { tls: { cert: plain.cert, key: other.key } }],
    ["BAD_CERTIFICATE", { tls: { cert: "text", key: plain.key } }],
    ["BAD_CERTIFICATE", { tls: { cert: { file: "/none" }, key: plain.key } }],
    ["BAD_CERTIFICATE", { tls: plain, sni: { "a.example": { cert: plain.cert, key: other.key } } }],
  ];
  for (const [code, options] of wrong) {
    const call = async (): Promise<unknown> => chidi({ handler, port: 0, ...options } as ChidiOptions);
    await expect(call(), JSON.stringify(Object.keys(options))).rejects.toMatchObject({ code });
  }
  const { server } = await serve({ handler });
  expect(() => server.reload({ tls: plain })).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  const secure = await serve({ handler, tls: plain });
  expect(() => secure.server.reload({ tls: { ...plain, ca: members.cert, clientAuth: "required" } })).toThrow(
    expect.objectContaining({ code: "BAD_OPTION" }),
  );
});

test("curl and fetch speak to it over HTTP/1.1 and HTTP/2", async () => {
  const { port } = await serve({ handler, tls: plain });
  for (const version of ["--http1.1", "--http2"]) {
    const { stdout } = await promisify(execFile)("curl", [
      "-sk",
      version,
      "-w",
      " %{http_version}",
      `https://127.0.0.1:${port}/`,
    ]);
    expect(stdout).toBe(version === "--http2" ? "true nobody 2" : "true nobody 1.1");
  }
});

/** A TLS connection that is destroyed when the test ends. */
function shake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const all = { host: "127.0.0.1", port, ca: root.cert, checkServerIdentity: () => undefined, ...options };
    const socket = connect(all, () => resolve(socket));
    socket.once("error", reject);
    onTestFinished(() => {
      socket.destroy();
    });
  });
}

/** One request to the name on a connection of its own. */
function get(
  port: number,
  servername: string,
  credentials: object = {},
  host = servername,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      servername,
      ca: root.cert,
      agent: false,
      headers: { host },
      ...credentials,
    };
    const outgoing = requestOf(options, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode as number, text });
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
