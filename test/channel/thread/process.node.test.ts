/**
 * Processes of Node: what keeps one alive, how it ends, and how much memory it holds.
 */
import { execFile } from "node:child_process";
import { describe, expect, test } from "vitest";

const bodies = new URL("./bodies.mjs", import.meta.url).href;

/** Runs the source in a process of its own, which has to end by itself. */
function program(source: string, ...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const head = `
    import { go, select, timeout } from "@good-place/channel";
    import { goThread, threadChannel } from "@good-place/channel/thread";
    const bodies = ${JSON.stringify(bodies)};
  `;
  return new Promise((resolve) => {
    const args = [...flags, "--input-type=module", "--eval", head + source];
    execFile(process.execPath, args, { cwd: import.meta.dirname }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe("a process", () => {
  test("ends although there are idle thread channels and ended threads", async () => {
    const ran = await program(`
      const [a, b] = [threadChannel(2), threadChannel()];
      await a.give({ inside: b });
      const made = await goThread(bodies, { body: "plain", value: { a, b } });
      console.log(made.a === a, made.b === b);
    `);
    expect(ran).toEqual({ code: 0, stdout: "true true\n", stderr: "" });
  });

  test("lives while a take waits for a thread that is running, and ends with it", async () => {
    const ran = await program(`
      const [from, to] = [threadChannel(), threadChannel()];
      const fiber = goThread(bodies, { body: "pump", from, to });
      setTimeout(() => from.give("late"), 50);
      console.log(await to.take());
      from.close();
      console.log(await fiber);
    `);
    expect(ran).toEqual({ code: 0, stdout: "late\nclosed\n", stderr: "" });
  });

  test("reports a thread that fails unawaited, and exits with 1", async () => {
    const ran = await program(`goThread(bodies, { body: "rejects" }, { name: "Michael" });`);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("unhandled failure in Michael");
  });

  test("holds no more memory after 100,000 values, and lets go of ends that nobody uses", async () => {
    const ran = await program(
      `
      const used = () => { gc(); return process.memoryUsage().heapUsed; };
      const [from, to] = [threadChannel(64), threadChannel(64)];
      const fiber = goThread(bodies, { body: "pump", from, to });
      const round = async (count, value) => {
        const giving = go(function* () { for (let i = 0; i < count; i++) yield* from.give(value(i)); });
        for (let i = 0; i < count; i++) await to.take();
        await giving;
      };
      await round(5_000, (i) => ({ i }));
      const before = used();
      await round(100_000, (i) => ({ i }));
      const grown = used() - before;
      const ends = await (async () => {
        const replies = [];
        await round(2_000, (i) => { const reply = threadChannel(1); replies.push(new WeakRef(reply)); return { reply }; });
        return replies;
      })();
      // Collected ends close their ports, and that lets go of the channels: some rounds of both threads.
      let left = ends.length;
      for (let i = 0; i < 100 && left > 20; i++) {
        // Not in the same turn as deref(), which keeps what it answers for as long.
        await new Promise((resolve) => setImmediate(resolve));
        gc();
        await round(4, (i) => ({ i, collect: true }));
        left = ends.filter((end) => end.deref() !== undefined).length;
      }
      console.log(grown < 1_000_000 ? "flat" : grown, left <= 20 ? "collected" : left);
      from.close();
      await fiber;
      `,
      "--expose-gc",
    );
    expect(ran).toEqual({ code: 0, stdout: "flat collected\n", stderr: "" });
  });
});
