/** What `chidi` refuses at once, and how it fails to listen. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChidiError, type ChidiOptions, chidi } from "@good-place/chidi";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "./serving.js";

const handler = (): string => "x";

test("an option that does not exist is refused with the nearest that does", () => {
  const call = (): unknown => chidi({ handler, port: 0, maxBodyByte: 1 } as ChidiOptions);
  expect(call).toThrow(expect.objectContaining({ code: "UNKNOWN_OPTION" }));
  expect(call).toThrow(/did you mean "maxBodyBytes"/);
});

test("options of the wrong kind are refused with what was expected", () => {
  const wrong: object[] = [
    { port: 0 },
    { handler },
    { handler, port: -1 },
    { handler, port: 0, path: "/x" },
    { handler, port: 0, host: 127 },
    { handler, path: "/x", host: "127.0.0.1" },
    { handler, port: 0, maxLagMs: 0 },
    { handler, port: 0, maxHeaders: 0 },
    { handler, port: 0, supervisor: {} },
    { handler, port: 0, sockets: [{}] },
    { handler, port: 0, proxyHeader: "forwarded" },
    { handler, port: 0, rejected: handler },
  ];
  for (const options of wrong) {
    expect(() => chidi(options as ChidiOptions), Object.keys(options).join()).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  }
});

test("rules that are no pairs are refused", () => {
  for (const rules of [{}, [[{ tag: "error" }]], [{ tag: "error" }], [[{}, "x"]]]) {
    const call = (): unknown => chidi({ handler, port: 0, rules } as never);
    expect(call).toThrow(expect.objectContaining({ code: "BAD_RULES" }));
  }
});

test("a port that is taken fails the start with LISTEN_IN_USE and what to do", async () => {
  const { port } = await serve({ handler });
  const error = await chidi({ handler, port }).then(null, (thrown) => thrown);
  expect(error).toBeInstanceOf(ChidiError);
  expect(error).toMatchObject({ code: "LISTEN_IN_USE", cause: { code: "EADDRINUSE" } });
  expect(error.message).toContain("pass another port");
});

test("an address of another machine fails the start with LISTEN_FAILED", async () => {
  await expect(chidi({ handler, port: 0, host: "192.0.2.1" })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
});

test("host is this machine alone unless it is given", async () => {
  const { server } = await serve({ handler });
  expect(server.address).toEqual({ address: "127.0.0.1", port: expect.any(Number), family: "IPv4" });
});

test("a server listens on a unix socket", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chidi-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "s");
  await using server = await chidi({ handler, path });
  expect(server.address).toEqual({ path });
  const { stdout } = await promisify(execFile)("curl", ["-s", "--unix-socket", path, "http://localhost/"]);
  expect(stdout).toBe("x");
});
