/** The router against a slow one that is obviously right, and against every spelling of a way out. */
import { type HttpRequest, router } from "@good-place/chidi";
import fc from "fast-check";
import { expect, test } from "vitest";

const segment = fc.constantFrom("a", "b", "c", "");
const routeSegment = fc.constantFrom("a", "b", "c", ":x");
const route = fc
  .tuple(fc.constantFrom("GET", "POST"), fc.array(routeSegment, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([method, segments, tail]) => {
    const named = segments.map((one, i) => (one === ":x" ? `:x${i}` : one));
    return `${method} /${[...named, ...(tail ? ["*"] : [])].join("/")}`;
  });

// The routes that match, the most special first: text before parameter before rest, from the left.
function slow(routes: readonly string[], method: string, path: string): string | undefined {
  const segments = path.slice(1).split("/");
  const fits = (pattern: readonly string[]): boolean =>
    pattern.at(-1) === "*"
      ? segments.length >= pattern.length && fits2(pattern.slice(0, -1), segments.slice(0, pattern.length - 1))
      : segments.length === pattern.length && fits2(pattern, segments);
  const fits2 = (pattern: readonly string[], given: readonly string[]): boolean =>
    pattern.every((one, i) => (one.startsWith(":") ? given[i] !== "" : one === given[i]));
  const rank = (one: string): string =>
    (one.split(" /")[1] as string)
      .split("/")
      .map((part) => (part === "*" ? 2 : part.startsWith(":") ? 1 : 0))
      .join("");
  return routes
    .filter((one) => one.startsWith(`${method} `) && fits((one.split(" /")[1] as string).split("/")))
    .sort((a, b) => rank(a).localeCompare(rank(b)))[0];
}

test("router finds the route that a search through all of them finds", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(route, { minLength: 1, maxLength: 12, selector: (one) => one.replace(/:x\d/g, ":") }),
      fc.constantFrom("GET", "POST"),
      fc.array(segment, { minLength: 1, maxLength: 5 }),
      (routes, method, segments) => {
        const path = `/${segments.join("/")}`;
        const handlers = Object.fromEntries(routes.map((one) => [one, () => one]));
        const found = router(handlers)({ method, path } as unknown as HttpRequest);
        expect(typeof found === "string" ? found : undefined).toBe(slow(routes, method, path));
      },
    ),
    { numRuns: 500 },
  );
});

test("router gives no rest of a path that leads out of its folder, however it is spelt", () => {
  const spelling = fc.constantFrom(
    ".",
    "%2e",
    "%2E",
    "/",
    "%2f",
    "%2F",
    "\\",
    "%5c",
    "%00",
    "%c0%ae",
    "%25",
    "a",
    "..",
  );
  const handler = router({ "GET /files/*": ({ params }) => ({ body: params["*"], status: 200 }) });
  fc.assert(
    fc.property(fc.array(spelling, { maxLength: 12 }), (parts) => {
      const request = { method: "GET", path: `/files/${parts.join("")}` } as unknown as HttpRequest;
      const { status, body } = handler(request) as { status: number; body: string };
      if (status !== 200) return;
      const folder = "/srv/files/";
      expect(new URL(`file://${folder}${encodeURI(body).replaceAll("?", "%3F")}`).pathname.startsWith(folder)).toBe(
        true,
      );
      expect(body).not.toMatch(/(^|[/\\])\.\.?([/\\]|$)|\0/);
    }),
    { numRuns: 1000 },
  );
});
