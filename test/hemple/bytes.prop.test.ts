/**
 * What happens to the bytes between the two ends: cut anywhere they arrive whole and in order, and whatever else is done to
 * them ends in an error, never in a wrong answer.
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { dial } from "@good-place/hemple";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { office, start } from "./office.js";

const FAIR = ["CLOSED", "HANDSHAKE_REFUSED", "KEY_REFUSED", "UNREACHABLE", "DEADLINE", "PROTOCOL"];
const inputs = fc.array(fc.oneof(fc.string({ maxLength: 300 }), fc.uint8Array({ maxLength: 3000 })), {
  minLength: 1,
  maxLength: 5,
});

/** A port to dial; what passes between it and the server's is handed to `change`, which says what is passed on. */
function between(accept: (port: MessagePort) => void, change: (bytes: Uint8Array, toServer: boolean) => Uint8Array[]) {
  const [near, far] = [new MessageChannel(), new MessageChannel()];
  for (const [from, to, toServer] of [
    [near.port2, far.port1, true],
    [far.port1, near.port2, false],
  ] as const) {
    from.on("message", (message: Uint8Array | number | null) => {
      if (!(message instanceof Uint8Array)) {
        // A number says how much was taken, and there may be more or less of it now.
        if (message === null) to.postMessage(null);
        return;
      }
      from.postMessage(message.length);
      for (const part of change(message, toServer)) to.postMessage(part);
    });
  }
  const close = (): void => {
    near.port2.close();
    far.port1.close();
  };
  onTestFinished(close);
  accept(far.port2);
  return { messages: near.port1, close };
}

test("however the bytes are cut and joined under way, all calls arrive whole and in order", async () => {
  const { server, psk, keys } = await start();
  const key = keys.privateKey;
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(inputs, cuts, async (values, lengths) => {
      let at = 0;
      const cut = (bytes: Uint8Array): Uint8Array[] => {
        const parts: Uint8Array[] = [];
        for (let from = 0; from < bytes.length; ) {
          const length = lengths[at++ % lengths.length] as number;
          parts.push(bytes.slice(from, from + length));
          from += length;
        }
        return parts;
      };
      const { messages, close } = between((port) => server.accept(port), cut);
      const tell = await dial(office, { messages, key, psk });
      expect(await Promise.all(values.map((value) => tell.echo(value)))).toEqual(values);
      await tell[Symbol.asyncDispose]();
      close();
    }),
    { numRuns: 30 },
  );
});

const harm = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constantFrom("drop" as const, "repeat" as const, "cut" as const), mask: fc.constant(0) }),
);

test("whatever is done to the bytes, at any place and either way, no answer is wrong and the server goes on", async () => {
  const { server, psk, keys, dial: enter } = await start();
  const key = keys.privateKey;
  let harmed = 0;
  await fc.assert(
    fc.asyncProperty(inputs, harm, fc.nat(1500), fc.boolean(), async (values, { kind, mask }, place, way) => {
      let passed = 0;
      let done = false;
      const change = (bytes: Uint8Array, toServer: boolean): Uint8Array[] => {
        if (toServer !== way || done) return done && kind === "cut" ? [] : [bytes];
        const at = place - passed;
        passed += bytes.length;
        if (at >= bytes.length) return [bytes];
        done = true;
        harmed += 1;
        if (kind === "drop") return [bytes.slice(0, at), bytes.slice(at + 1)];
        if (kind === "repeat") return [bytes.slice(0, at + 1), bytes.slice(at)];
        if (kind === "cut") return [bytes.slice(0, at)];
        const changed = new Uint8Array(bytes);
        changed[at] = (changed[at] as number) ^ mask;
        return [changed];
      };
      const { messages, close } = between((port) => server.accept(port), change);
      // What is lost is waited for until the deadline.
      const outcomes = await Promise.allSettled([
        (async () => {
          const tell = await dial(office, { messages, key, psk, deadlineMs: 500 });
          const answers = await Promise.allSettled(values.map((value) => tell.echo(value, { deadlineMs: 500 })));
          for (const [i, answer] of answers.entries()) {
            if (answer.status === "fulfilled") expect(answer.value).toEqual(values[i]);
            else expect(FAIR).toContain(answer.reason.code);
          }
          void tell[Symbol.asyncDispose]();
        })(),
      ]);
      const [outcome] = outcomes;
      if (outcome?.status === "rejected" && !FAIR.includes(outcome.reason.code)) throw outcome.reason;
      close();
    }),
    { numRuns: 25 },
  );
  expect(harmed).toBeGreaterThan(0);
  expect(await (await enter()).double(2)).toBe(4);
}, 120_000);
