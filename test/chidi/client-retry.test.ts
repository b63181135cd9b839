import { channel } from "@good-place/channel";
import type { ClientSignal } from "@good-place/chidi/client";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clientOf, failure, httpPeer, type Peer } from "./client-peers.js";

type Outcome = number | "break";

// A server that does one after the other, and notes when it was asked and with which key.
async function scripted(script: readonly Outcome[], headers: Record<string, string> = {}) {
  const asked: { readonly at: number; readonly key: unknown }[] = [];
  const peer: Peer = await httpPeer(async (request, response) => {
    const outcome = script[Math.min(asked.length, script.length - 1)] as Outcome;
    asked.push({ at: performance.now(), key: request.headers["idempotency-key"] });
    for await (const _ of request);
    if (outcome === "break") request.socket.destroy();
    else response.writeHead(outcome, headers).end("body");
  });
  return { peer, asked };
}

const retry = { minMs: 1, maxMs: 2, budgetPercent: 1000 };

// What should come of it, said as plainly as possible.
function model(script: readonly Outcome[], attempts: number, idempotent: boolean, once: boolean) {
  let sent = 0;
  for (;;) {
    const outcome = script[Math.min(sent, script.length - 1)] as Outcome;
    sent++;
    const worth = outcome === "break" || outcome === 429 || outcome === 503;
    if (!worth || !idempotent || once || sent === attempts) return { sent, outcome };
  }
}

test("a request is sent as often as a slow model says, and its outcome is that of the last time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Outcome>(200, 404, 429, 500, 503, "break"), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "QUERY"),
      fc.constantFrom(undefined, true as const, "key-1"),
      fc.constantFrom("none", "text", "stream"),
      async (script, attempts, method, idempotencyKey, kind) => {
        const { peer, asked } = await scripted(script);
        const http = clientOf(peer, { retry: { ...retry, attempts } });
        const body = kind === "none" ? undefined : kind === "text" ? "text" : new Blob(["stream"]).stream();
        const idempotent = !["POST", "PATCH", "QUERY"].includes(method) || idempotencyKey !== undefined;
        const expected = model(script, attempts, idempotent, kind === "stream");
        const came = await http.request(method, "/", { idempotencyKey, body }).then(
          ({ status }) => status,
          ({ code }) => (code === "CONNECTION_LOST" ? "break" : code),
        );
        expect({ sent: asked.length, outcome: came }).toEqual(expected);
        expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
        expect(http.statistics().retries).toBe(expected.sent - 1);
        await http.drain();
      },
    ),
    { numRuns: 60 },
  );
});

test("what never left is sent again, a POST and a stream too", async () => {
  const { peer, asked } = await scripted([200]);
  let calls = 0;
  const resolve = (): string => {
    if (++calls === 1) throw new Error("not yet");
    return "127.0.0.1";
  };
  const http = clientOf(peer, { origin: `http://a.example:${peer.port}`, resolve, retry });
  expect((await http.post("/", { body: new Blob(["a"]).stream() })).status).toBe(200);
  expect(asked.length).toBe(1);
  expect(calls).toBe(2);
});

test("Retry-After is waited for, in seconds", async () => {
  const { peer, asked } = await scripted([503, 200], { "retry-after": "1" });
  expect((await clientOf(peer, { retry }).get("/")).status).toBe(200);
  const [first, second] = asked.map(({ at }) => at) as [number, number];
  // The two clocks round each by their own.
  expect(second - first).toBeGreaterThanOrEqual(990);
});

test.each([
  ["a date that is over", () => "Wed, 21 Oct 2015 07:28:00 GMT", 2],
  ["a date after the limit", () => new Date(Date.now() + 60_000).toUTCString(), 1],
  ["a time after the limit", () => "31", 1],
  ["nothing that means anything", () => "soon", 2],
])("Retry-After with %s", async (_, value, sent) => {
  const { peer, asked } = await scripted([503, 200], { "retry-after": value() });
  const { status } = await clientOf(peer, { retry }).get("/");
  expect(asked.length).toBe(sent);
  expect(status).toBe(sent === 1 ? 503 : 200);
});

test("retries stop where the budget is spent, and requests earn it again", async () => {
  const { peer, asked } = await scripted([503]);
  const http = clientOf(peer, { retry: { ...retry, attempts: 2, budgetPercent: 50 } });
  for (let i = 0; i < 40; i++) await (await http.get("/")).text();
  // Ten are saved at first; forty requests earn twenty more, of which some are lost while none is missing.
  const { retries } = http.statistics();
  expect(asked.length).toBe(40 + retries);
  expect(retries).toBeGreaterThanOrEqual(20);
  expect(retries).toBeLessThanOrEqual(30);
});

test("the supervisor is told of each retry and failure, and never waited for", async () => {
  const { peer } = await scripted(["break"]);
  const supervisor = channel<ClientSignal>();
  const http = clientOf(peer, { retry: { ...retry, attempts: 3 }, supervisor });
  const failed = await failure(http.get("/a?b"));
  const told: ClientSignal[] = [];
  for (let i = 0; i < 3; i++) told.push((await supervisor.take()) as ClientSignal);
  expect(told).toMatchObject([
    { tag: "retry", attempt: 2, method: "GET", path: "/a?b", error: { code: "CONNECTION_LOST" } },
    { tag: "retry", attempt: 3 },
    { tag: "error", method: "GET", path: "/a?b" },
  ]);
  expect((told[2] as { error: unknown }).error).toBe(failed);
  expect(supervisor.statistics().parkedGives).toBe(0);
});

test("TOTAL_TIMEOUT and a cancel end the wait for the next attempt", async () => {
  const { peer, asked } = await scripted([503], { "retry-after": "20" });
  const http = clientOf(peer, { totalTimeoutMs: 2000 });
  expect(await failure(http.get("/"))).toMatchObject({ code: "TOTAL_TIMEOUT" });
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = failure(http.get("/", { signal: controller.signal, totalTimeoutMs: 60_000 }));
  while (http.statistics().retries < 2) await new Promise(setImmediate);
  controller.abort(reason);
  expect(await aborted).toBe(reason);
  expect(asked.length).toBe(2);
});
