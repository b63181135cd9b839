import { acts, payload, shawn } from "@good-place/shawn";
import { useEnvelope } from "@good-place/shawn/react";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";

const act = acts<{ count: number }>();
const counted = act("counted", payload<number>()).does({
  update(envelope, to) {
    envelope.count = to;
  },
});

test("a server renders the store as it is, each request its own", () => {
  const stores = [1, 2].map((count) => shawn({ count }, { acts: [counted] }));
  const page = (office: (typeof stores)[number]) =>
    renderToString(createElement(() => `count ${useEnvelope(office, ({ count }) => count)}`));
  expect(stores.map(page)).toEqual(["count 1", "count 2"]);
  stores[0]?.confirm(counted(3));
  expect(stores.map(page)).toEqual(["count 3", "count 2"]);
});
