/** The router against find-my-way, which many servers route by, on random routes and paths. */
import { type HttpRequest, router } from "@good-place/chidi";
import fc from "fast-check";
import findMyWay from "find-my-way";
import { expect, test } from "vitest";

const routeSegment = fc.constantFrom("a", "b", "ab", ":", ":");
const routeOf = fc
  .tuple(fc.constantFrom("GET", "POST"), fc.array(routeSegment, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([method, segments, rest]) => {
    const named = segments.map((segment, i) => (segment === ":" ? `:p${i}` : segment));
    return `${method} /${[...named, ...(rest ? ["*"] : [])].join("/")}`;
  });
const pathOf = fc
  .array(fc.constantFrom("a", "b", "ab", "%61", "%C3%BC", ""), { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join("/")}`);

test("router finds the route and the parameters that find-my-way finds", () => {
  let hits = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(routeOf, { minLength: 1, maxLength: 10, selector: (one) => one.replace(/:p\d/g, ":") }),
      fc.constantFrom("GET", "POST"),
      pathOf,
      (routes, method, path) => {
        const peer = findMyWay({ ignoreTrailingSlash: false });
        const handlers: Record<string, (request: HttpRequest) => never> = {};
        for (const route of routes) {
          const [verb = "", pattern = ""] = route.split(" ");
          peer.on(verb as "GET", pattern, (() => route) as never);
          handlers[route] = ({ params }) => ({ route, params: { ...params } }) as never;
        }
        const theirs = peer.find(method as "GET", path) as { handler: () => string; params: object } | null;
        // find-my-way takes an empty segment for a parameter, and this router does not.
        fc.pre(!Object.entries(theirs?.params ?? {}).some(([name, value]) => name !== "*" && value === ""));
        const expected = theirs && { route: theirs.handler(), params: { ...theirs.params } };
        if (expected !== null) hits++;
        const answer = router(handlers)({ method, path } as unknown as HttpRequest);
        expect("route" in (answer as object) ? answer : null).toEqual(expected);
      },
    ),
    { numRuns: 1000 },
  );
  expect(hits).toBeGreaterThan(50);
});
