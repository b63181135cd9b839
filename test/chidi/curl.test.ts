/** curl as a client that somebody else wrote: ranges, bodies that are announced first, over HTTP/1 and HTTP/2. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bodyLimit, file, files, router } from "@good-place/chidi";
import { describe, expect, test } from "vitest";
import { folder } from "./asking.js";
import { serve } from "./serving.js";

const curl = async (...args: string[]): Promise<string> => (await promisify(execFile)("curl", ["-s", ...args])).stdout;
const text = "0123456789".repeat(10_000);

describe.each([["--http1.1"], ["--http2-prior-knowledge"]])("curl %s", (version) => {
  test("reads ranges of a file, one or several, and goes on with a download that broke off", async () => {
    const root = folder({ "digits.txt": text });
    const { url } = await serve({ http2: true, handler: files(root) });
    const from = `${url}/digits.txt`;
    const status = ["-w", " %{http_code}"];
    expect(await curl(version, ...status, "-r", "12-17", from)).toBe("234567 206");
    expect(await curl(version, ...status, "-r", "-3", from)).toBe("789 206");
    expect(await curl(version, ...status, "-r", "99998-", from)).toBe("89 206");
    expect(await curl(version, "-o", "/dev/null", ...status, "-r", "100000-", from)).toBe(" 416");
    const parts = await curl(version, "-i", "-r", "0-1,5-6", from);
    expect(parts).toMatch(/content-type: multipart\/byteranges; boundary=/i);
    expect(parts.match(/content-range: [^\r]*\r\n\r\n[^\r]*/gi)?.map((part) => part.toLowerCase())).toEqual([
      "content-range: bytes 0-1/100000\r\n\r\n01",
      "content-range: bytes 5-6/100000\r\n\r\n56",
    ]);
    const half = join(folder({}), "half");
    writeFileSync(half, text.slice(0, 44_444));
    await curl(version, "-C", "-", "-o", half, from);
    expect(readFileSync(half, "utf8")).toBe(text);
  });
});

// Over HTTP/2 curl sends its body without waiting.
test("curl announces a body, sends it once it is asked for, and keeps it where it is refused", async () => {
  const root = folder({ body: text });
  const { url, signals } = await serve({
    continues: ({ path }) => path !== "/no",
    handler: router({
      "PUT /size": async (request) => String((await request.bytes()).length),
      "PUT /small": bodyLimit(1000)((request) => request.text()),
      "PUT /copy": () => ({ body: file(join(root, "body")) }),
      "PUT /no": (request) => request.text(),
    }),
  });
  // It would wait for longer than the test may.
  const put = (path: string): Promise<string> =>
    curl(
      ...["-H", "Expect: 100-continue", "--expect100-timeout", "600", "-T", join(root, "body")],
      ...["-w", " %{http_code} %{size_upload}", "-o", join(root, "answer"), url + path],
    );
  expect(await put("/size")).toBe(" 200 100000");
  expect(readFileSync(join(root, "answer"), "utf8")).toBe("100000");
  expect(await put("/small")).toBe(" 413 0");
  expect(await put("/copy")).toBe(" 200 0");
  expect(readFileSync(join(root, "answer"), "utf8")).toBe(text);
  expect(await put("/no")).toBe(" 417 0");
  expect(signals.filter(({ tag }) => tag === "refused")).toMatchObject([
    { error: { code: "BODY_TOO_LARGE" } },
    { error: { code: "BAD_EXPECTATION" } },
  ]);
});
