/** No spelling of a path gets a byte from outside of the folder. */
import { readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { files, router } from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fill, folder } from "./asking.js";
import { raw, serve } from "./serving.js";

const SECRET = "SECRET-OF-ANOTHER-FOLDER";
const INSIDE = "INSIDE-THE-FOLDER";

// One character in some spelling: as it is, encoded, encoded twice, overlong, of full width, with a NUL behind it.
const spelt = (char: string): fc.Arbitrary<string> => {
  const hex = char.charCodeAt(0).toString(16).padStart(2, "0");
  const overlong = { ".": "%c0%ae", "/": "%c0%af", "\\": "%c1%9c" }[char] ?? char;
  const wide = { ".": "%ef%bc%8e", "/": "%e2%88%95", "\\": "%ef%bc%bc" }[char] ?? char;
  return fc.constantFrom(
    char,
    `%${hex}`,
    `%${hex.toUpperCase()}`,
    `%25${hex}`,
    `%2525${hex}`,
    overlong,
    wide,
    `${char}%00`,
  );
};
const speltWord = (word: string): fc.Arbitrary<string> =>
  fc
    .tuple(...[...word].map((char) => fc.oneof({ weight: 3, arbitrary: fc.constant(char) }, spelt(char))))
    .map((all) => all.join(""));

test("files gives no byte from outside of its folder, whatever the path and its encoding", async () => {
  const top = folder({
    "secret.txt": SECRET,
    "index.html": SECRET,
    "root/inside.txt": INSIDE,
    "root/sub/in.txt": INSIDE,
  });
  fill(top, { "root-twin/secret.txt": SECRET, "root/.hidden/secret.txt": SECRET, "root/sub/.secret.txt": SECRET });
  const root = join(top, "root");
  symlinkSync(top, join(root, "up"));
  symlinkSync("../secret.txt", join(root, "leak.txt"));
  symlinkSync(".hidden", join(root, "seen"));
  const up = top.split("/").slice(1);
  const words = [
    "..",
    ".",
    "",
    "...",
    "up",
    "seen",
    "sub",
    "leak.txt",
    "secret.txt",
    ".secret.txt",
    ".hidden",
    "inside.txt",
  ];
  const word = fc.constantFrom(...words, "root", "root-twin", basename(top), "index.html", "etc", "passwd", ...up);
  const separator = fc.oneof({ weight: 4, arbitrary: fc.constant("/") }, spelt("/"), spelt("\\"));
  const path = fc
    .array(fc.tuple(separator, word.chain(speltWord)), { maxLength: 8 })
    .map((parts) => `/${parts.map(([before, name], i) => (i === 0 ? name : before + name)).join("")}`);
  const { port } = await serve({ handler: files(root, { fallback: "inside.txt" }) });
  const routed = await serve({ handler: router({ "GET /*": files(root, { precompressed: true }) }) });
  const passwd = readFileSync("/etc/passwd", "latin1").slice(0, 20);

  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(path, async (target) => {
      for (const one of [port, routed.port]) {
        const told = await raw(one, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect(told).toMatch(/^HTTP\/1\.1 (?:200|301|400|404) /);
        expect(told).not.toContain(SECRET);
        expect(told).not.toContain(passwd);
        seen.add(told.slice(9, 12));
      }
    }),
    {
      numRuns: 1000,
      examples: [
        ["/inside.txt"],
        ["/sub"],
        ["/../secret.txt"],
        ["/up/secret.txt"],
        ["/up/root-twin/secret.txt"],
        ["/seen/secret.txt"],
        ["/%2e%2e%2fsecret.txt"],
      ],
    },
  );
  expect([...seen].sort()).toEqual(["200", "301", "400", "404"]);
});
